import { isHost } from '../device/device'
import { OrtTypeError } from '../errors'
import type { TypedArray } from '../model/element-types'
import type { OrtValue } from '../value/value'

/** Typed arrays by name. */
export type Views = Readonly<Record<string, TypedArray>>
/** The same where nothing is said of their types, so that none has to be cast. */
// biome-ignore lint/suspicious/noExplicitAny: what any is for
export type AnyViews = Readonly<Record<string, any>>

/**
 * An object of typed arrays by name. A bound tensor's is looked up once; that of a string tensor (which has none and says
 * so), or of an output that ONNX Runtime allocates, at each access.
 *
 * @param checkIdle throws where nobody may touch the memory now: a request that comes while another's run is in flight must not
 *   write over its inputs, nor take its outputs for its own
 */
export function views(
  bound: ReadonlyMap<string, OrtValue | undefined>,
  latest: (name: string) => OrtValue | undefined,
  checkIdle: (name: string) => void,
): Views {
  const object: Record<string, TypedArray> = {}
  for (const [name, value] of bound) {
    const fixed = value?.hostVisible === true
    const data = fixed ? value.data : undefined
    Object.defineProperty(object, name, {
      enumerable: true,
      get() {
        checkIdle(name)
        if (fixed) return data
        return value === undefined ? latestData(latest(name)) : value.data
      },
      // In sloppy mode an assignment to what is read-only would do nothing, and say nothing.
      set() {
        throw new OrtTypeError(
          'ERR_INVALID_ARG_VALUE',
          `'${name}' is memory that stays, and cannot be replaced`,
          {
            remedy: 'Write into it (.set(), .fill(), [i]), or bind another OrtValue',
          },
        )
      },
    })
  }
  return Object.freeze(object)
}

/** A copy where an engine that refuses external ArrayBuffers cannot be shown what ONNX Runtime allocated. */
function latestData(value: OrtValue | undefined): TypedArray | undefined {
  const refused =
    value?.kind === 'tensor' && isHost(value.location) && value.type !== 'string' && !value.hostVisible
  return refused ? (value.read() as TypedArray) : value?.data
}
