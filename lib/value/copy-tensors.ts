import { array } from '../check'
import { engine } from '../engine/select'
import { OrtRangeError } from '../errors'
import { checkCopy } from './data'
import { checkOrtValue, type OrtValue } from './value'

/**
 * Copies each source into the target of the same index, which has its type and shape, between any devices: one piece of work on
 * another thread, in order, where `copyToAsync` is one for each. All values are in use until the promise settles (`ERR_BUSY`). Nothing
 * is copied unless all of it can be.
 *
 * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH`, `ERR_INVALID_LENGTH` unless there are as many targets
 *   as sources; OrtError `ERR_BUSY`, `ERR_DISPOSED`
 * @example
 * const sources = [OrtValue.allocate('float32', [4]), OrtValue.allocate('int64', [2])]
 * const targets = sources.map(({ type, dims }) => OrtValue.allocate(type, dims))
 * await copyTensors(sources, targets)
 */
export async function copyTensors(sources: readonly OrtValue[], targets: readonly OrtValue[]): Promise<void> {
  const values = (given: unknown, name: string) =>
    array('an array of OrtValues')(given, name).map((one) => checkOrtValue(one, name))
  const [from, to] = [values(sources, 'sources'), values(targets, 'targets')]
  if (from.length !== to.length) {
    throw new OrtRangeError('ERR_INVALID_LENGTH', 'there must be as many targets as sources', {
      expected: `${from.length} targets`,
      given: String(to.length),
    })
  }
  const pairs = from.map((source, i) => [source, to[i]!] as const)
  for (const [source, target] of pairs) checkCopy(source, target)
  // ONNX Runtime's strings are of JavaScript's thread: they are copied there, once the rest has begun.
  const strings = pairs.filter(([{ type }]) => type === 'string')
  for (const [source, target] of strings) {
    source.engineValue.checkFree(false)
    target.engineValue.checkFree(true)
  }
  const numbers = pairs.filter(([{ type }]) => type !== 'string')
  const copied = engine().Value.copyAll(
    numbers.map(([{ engineValue }]) => engineValue),
    numbers.map(([, { engineValue }]) => engineValue),
  )
  for (const [source, target] of strings) source.copyTo(target)
  await copied
}
