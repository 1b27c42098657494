import { findDataType, fromBytes, utf8 } from './datatypes.js'
import { invalid } from './errors.js'
import type { Model, NamedTensor } from './model.js'

/** The input of a raw binary request of Triton: the body is the data of a model's only input. @throws RequestError 400 */
export function readRawInput(model: Model, body: Buffer): NamedTensor {
  const { input, max_batch_size } = model.config
  if (input.length !== 1)
    throw invalid(
      `a request without JSON needs a model of one input, and model '${model.name}' has ${input.length}: send JSON before the binary data`,
    )
  const { name, dims } = input[0]!
  const type = findDataType(model.inputs[0]!.type)!
  // The body is one row of a batch.
  const shape = [...(max_batch_size > 0 ? [1] : []), ...dims]
  const known = shape.reduce((count, dim) => (dim === -1 ? count : count * dim), 1)
  const open = shape.indexOf(-1)
  const refuse = (reason: string) =>
    invalid(`the shape of input '${name}', [${shape}], does not follow from ${reason}: send it in JSON`)
  if (type.array === undefined) {
    if (open !== -1 || known !== 1) throw refuse('a body of one element of BYTES')
    return { name, type, shape, data: [text(body, name)] }
  }
  if (open !== shape.lastIndexOf(-1)) throw refuse('the size of the body')
  if (open !== -1) {
    const size = body.length / (known * type.array.BYTES_PER_ELEMENT)
    if (!Number.isInteger(size)) throw refuse(`a body of ${body.length} bytes`)
    shape[open] = size
  }
  const count = shape.reduce((a, b) => a * b, 1)
  return { name, type, shape, data: fromBytes(type, count, body, name) }
}

/** Triton's clients send no length before the only element. */
function text(bytes: Buffer, name: string): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw invalid(`input '${name}' has an element that is not UTF-8`)
  }
}
