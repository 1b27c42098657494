import { isRecord } from '../check'
import type { SessionDevice } from '../device/device'
import { ValueKind } from '../engine/engine'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'
import { elementTypeName } from '../model/element-types'
import type { SessionIO } from '../model/io'

/** Memory of `session.run`'s results, by onnxruntime-common's names. */
export type OutputLocation = 'cpu' | 'cpu-pinned' | 'gpu-buffer'

/** For all outputs, or by output name. */
export type PreferredLocation = OutputLocation | Readonly<Record<string, OutputLocation>>

const LOCATIONS = ['cpu', 'cpu-pinned', 'gpu-buffer']
const ELSEWHERE = ['ml-tensor', 'none', 'texture']

export function preferredLocation(preferred: unknown, name: string): PreferredLocation {
  const expected = LOCATIONS.map((location) => `'${location}'`).join(', ')
  for (const location of isRecord(preferred) ? Object.values(preferred) : [preferred]) {
    if (LOCATIONS.includes(location as string)) continue
    const given = describe(location)
    if (ELSEWHERE.includes(location as string))
      throw new OrtError('ERR_NOT_SUPPORTED', `'${name}' does not exist in Node.js`, { expected, given })
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
      expected: `${expected}, or an object of them by output name`,
      given,
    })
  }
  return (isRecord(preferred) ? { ...preferred } : preferred) as PreferredLocation
}

/** @throws OrtError `ERR_NOT_SUPPORTED` if results are to be left on a device, and the session has none */
export function checkLocationDevice(
  preferred: PreferredLocation | undefined,
  device: SessionDevice['name'],
): void {
  const locations = typeof preferred === 'object' ? Object.values(preferred) : [preferred]
  if (device === 'cpu' && locations.includes('gpu-buffer'))
    throw needsDevice("'preferredOutputLocation': 'gpu-buffer'")
}

export function needsDevice(what: string): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `${what} needs a device, and the session runs on the CPU`, {
    remedy: 'Omit it, or make a device of executionProviders available',
  })
}

/**
 * The outputs whose results are not in ordinary host memory; undefined if there are none. Only CUDA has pinned memory, and only
 * where JavaScript can view it; elsewhere `'cpu-pinned'` is `'cpu'`. Strings and sequences stay in host memory, unless they
 * are named.
 *
 * @throws OrtRangeError `ERR_UNKNOWN_OUTPUT`; OrtError `ERR_NOT_SUPPORTED`
 */
export function resolveLocations(
  preferred: PreferredLocation | undefined,
  outputs: SessionIO,
  device: SessionDevice,
): ReadonlyMap<string, OutputLocation> | undefined {
  if (preferred === undefined) return undefined
  checkLocationDevice(preferred, device.name)
  const named = typeof preferred === 'object'
  const hasPinned = device.name === 'cuda' && engine().supports.externalBuffers
  const locations = new Map<string, OutputLocation>()
  for (const name of named ? Object.keys(preferred) : outputs.names) {
    const location = named ? preferred[name]! : preferred
    const { kind, type } = outputs.info(outputs.indexOf(name, 'preferredOutputLocation'))
    if (location === 'cpu' || (location === 'cpu-pinned' && !hasPinned)) continue
    const elements = kind === ValueKind.tensor ? elementTypeName(type) : undefined
    if (elements !== undefined && elements !== 'string') locations.set(name, location)
    else if (named && location === 'gpu-buffer') {
      throw new OrtError('ERR_NOT_SUPPORTED', `output '${name}' cannot be left on a device`, {
        expected: 'a tensor of numbers',
        given: elements === undefined ? 'a value that is not a tensor' : `a tensor of ${elements}`,
        remedy: "Omit it from 'preferredOutputLocation'",
      })
    }
  }
  return locations.size > 0 ? locations : undefined
}
