import { closeSync, openSync, readSync } from 'node:fs'
import { type ByteSource, FileBytes, MemoryBytes, Message } from './protobuf'
import type { ModelSource } from './source'

/** An initializer of a model's main graph. */
export interface Initializer {
  /** `ONNXTensorElementDataType`, by ONNX's numbers. */
  readonly type: number
  readonly dims: readonly number[]
  /** Its data is in another file. */
  readonly external: boolean
  /** Where its bytes are in the model; undefined where they are in another file, or encoded. */
  readonly range?: { readonly begin: number; readonly end: number }
}

/** The field numbers of onnx.proto's TensorProto. `float_data` and `double_data` have the bytes of `raw_data`. */
const FIELDS = {
  dims: 1,
  type: 2,
  floats: 4,
  name: 8,
  raw: 9,
  doubles: 10,
  external: 13,
  location: 14,
} as const
const EXTERNAL = 1

/** The field numbers of ModelProto and GraphProto. */
const MODEL = { irVersion: 1, graph: 7 } as const
const GRAPH = { initializer: 5, input: 11 } as const
const NAME_OF_INPUT = 1
/** Before it an initializer that is an input too is a constant. */
const FIRST_WITH_DEFAULTS = 4

/** By name; undefined for a model in ONNX Runtime's own format (.ort), which is not a protobuf. The weights are not read. */
export function readInitializers(source: ModelSource): ReadonlyMap<string, Initializer> | undefined {
  return read(source, (model) => initializersOf(model.messages(MODEL.graph).at(-1)))
}

/** The initializers that are inputs too, in the order of the inputs; empty for a model in ONNX Runtime's own format. */
export function readDefaults(source: ModelSource): ReadonlyMap<string, Initializer> {
  const defaults = read(source, (model) => {
    const graph = model.messages(MODEL.graph).at(-1)
    if (graph === undefined || model.integer(MODEL.irVersion) < FIRST_WITH_DEFAULTS) return undefined
    const initializers = initializersOf(graph)
    return new Map(
      graph.messages(GRAPH.input).flatMap((input) => {
        const name = input.string(NAME_OF_INPUT)
        const initializer = initializers.get(name)
        return initializer === undefined ? [] : [[name, initializer]]
      }),
    )
  })
  return defaults ?? new Map()
}

function read<T>(source: ModelSource, take: (model: Message) => T): T | undefined {
  const parse = (bytes: ByteSource) =>
    bytes.length >= 8 && bytes.text(4, 8) === 'ORTM' ? undefined : take(new Message(bytes))
  if (typeof source !== 'string') return parse(new MemoryBytes(source))
  using file = new FileBytes(source)
  return parse(file)
}

function initializersOf(graph: Message | undefined): ReadonlyMap<string, Initializer> {
  const tensors = graph?.messages(GRAPH.initializer) ?? []
  return new Map(tensors.map((tensor) => [tensor.string(FIELDS.name), toInitializer(tensor)]))
}

function toInitializer(tensor: Message): Initializer {
  const type = tensor.integer(FIELDS.type)
  const dims = tensor.integers(FIELDS.dims)
  const external = tensor.integer(FIELDS.location) === EXTERNAL
  const data = [FIELDS.raw, FIELDS.floats, FIELDS.doubles].flatMap((field) => tensor.messages(field))
  if (external || data.length !== 1) return { type, dims, external }
  const { begin, end } = data[0]!
  return { type, dims, external, range: { begin, end } }
}

const CHUNK = 2 ** 20

/** Whether a part of a model has these bytes. */
export function hasBytes(
  source: ModelSource,
  { begin, end }: { readonly begin: number; readonly end: number },
  bytes: Uint8Array,
): boolean {
  if (end - begin !== bytes.length) return false
  if (typeof source !== 'string') return Buffer.compare(source.subarray(begin, end), bytes) === 0
  const file = openSync(source, 'r')
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, bytes.length))
    for (let at = 0; at < bytes.length; ) {
      const length = readSync(file, chunk, 0, Math.min(CHUNK, bytes.length - at), begin + at)
      if (length === 0 || chunk.compare(bytes, at, at + length, 0, length) !== 0) return false
      at += length
    }
    return true
  } finally {
    closeSync(file)
  }
}
