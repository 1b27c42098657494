import { isRecord } from '../check'
import type { ProviderChoice } from '../device/providers'
import { ValueKind } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import { type ElementType, elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'

/** Where the memory of `session.run`'s results is, by onnxruntime-common's names. */
export type OutputLocation = 'cpu' | 'cpu-pinned' | 'gpu-buffer'

/** For all outputs, or by the names of some. */
export type PreferredLocation = OutputLocation | Readonly<Record<string, OutputLocation>>

const LOCATIONS = ['cpu', 'cpu-pinned', 'gpu-buffer']
const ELSEWHERE = ['ml-tensor', 'none', 'texture']

/** @throws OrtError, OrtTypeError naming the option `preferredOutputLocation` */
export function checkLocations(preferred: unknown): PreferredLocation | undefined {
  if (preferred === undefined) return undefined
  const expected = LOCATIONS.map((name) => `'${name}'`).join(', ')
  for (const location of isRecord(preferred) ? Object.values(preferred) : [preferred]) {
    if (LOCATIONS.includes(location as string)) continue
    if (ELSEWHERE.includes(location as string)) {
      throw new OrtError('ERR_NOT_SUPPORTED', "'preferredOutputLocation' is not one of Node.js", {
        expected,
        given: describe(location),
      })
    }
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "invalid 'preferredOutputLocation'", {
      expected: `${expected}, or an object of them by output name`,
      given: describe(location),
    })
  }
  return isRecord(preferred)
    ? { ...(preferred as Record<string, OutputLocation>) }
    : (preferred as OutputLocation)
}

/** Whether a device is needed. */
export function wantsDevice(preferred: PreferredLocation | undefined): boolean {
  return typeof preferred === 'object'
    ? Object.values(preferred).includes('gpu-buffer')
    : preferred === 'gpu-buffer'
}

/**
 * The outputs that are not simply in host memory; undefined where all are. Pinned memory is CUDA's: elsewhere
 * `'cpu-pinned'` is host memory like any other, and so it is where a result in it could not be shown. What has no memory of its own to be left on a device (strings,
 * sequences) stays on the host, unless it was named.
 *
 * @throws OrtRangeError `ERR_UNKNOWN_OUTPUT`; OrtError `ERR_NOT_SUPPORTED`
 */
export function resolveLocations(
  preferred: PreferredLocation | undefined,
  outputs: SessionIO,
  provider: ProviderChoice,
): ReadonlyMap<string, OutputLocation> | undefined {
  if (preferred === undefined) return undefined
  const named = typeof preferred === 'object'
  const hasPinned = provider.name === 'cuda' && engine().supports.externalBuffers
  const locations = new Map<string, OutputLocation>()
  for (const name of named ? Object.keys(preferred) : outputs.names) {
    const location = named ? preferred[name]! : preferred
    const index = outputs.indexOf(name, 'preferredOutputLocation')
    if (location === 'cpu' || (location === 'cpu-pinned' && !hasPinned)) continue
    const { kind, type } = outputs.info(index)
    const elements: ElementType | undefined = kind === ValueKind.tensor ? elementTypeName(type) : undefined
    if (elements !== undefined && elements !== 'string') locations.set(name, location)
    else if (named && location === 'gpu-buffer') {
      throw new OrtError('ERR_NOT_SUPPORTED', `output '${name}' cannot be left on a device`, {
        expected: 'a tensor of numbers',
        given: elements === undefined ? 'a value that is no tensor' : `a tensor of ${elements}`,
        remedy: "Leave it out of 'preferredOutputLocation'",
      })
    }
  }
  return locations.size > 0 ? locations : undefined
}
