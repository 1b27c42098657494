import { OrtError } from '../errors'

/** A parameter of a LoRA adapter. `type` is an `ONNXTensorElementDataType`. */
export interface AdapterParameter {
  readonly name: string
  readonly type: number
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

/** The contents of ONNX Runtime's adapter file (`.onnx_adapter`). */
export interface AdapterFile {
  readonly adapterVersion: number
  readonly modelVersion: number
  readonly parameters: readonly AdapterParameter[]
}

const IDENTIFIER = 'TORT'
const FORMAT_VERSION = 1
/** Their order in ONNX Runtime's adapter_schema.fbs. */
const ADAPTER = { formatVersion: 0, adapterVersion: 1, modelVersion: 2, parameters: 3 } as const
const PARAMETER = { name: 0, dims: 1, type: 2, data: 3 } as const

/** @throws OrtError `ERR_INVALID_ARG_VALUE` for bytes that are not an adapter */
export function readAdapter(bytes: Uint8Array, given: string): AdapterFile {
  const invalid = (cause?: unknown) =>
    new OrtError('ERR_INVALID_ARG_VALUE', 'the LoRA adapter could not be read', {
      expected: "an adapter of ONNX Runtime's format (.onnx_adapter)",
      given,
      remedy: 'Export it by onnxruntime.AdapterFormat, or by Olive',
      ...(cause !== undefined && { cause }),
    })
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (file.toString('latin1', 4, 8) !== IDENTIFIER) throw invalid()
  let adapter: AdapterFile
  try {
    const root = new Table(file, file.readUInt32LE(0))
    if (root.integer(ADAPTER.formatVersion) !== FORMAT_VERSION) throw invalid()
    adapter = {
      adapterVersion: root.integer(ADAPTER.adapterVersion),
      modelVersion: root.integer(ADAPTER.modelVersion),
      parameters: root.tables(ADAPTER.parameters).map((table) => ({
        name: table.bytes(PARAMETER.name).toString(),
        type: table.integer(PARAMETER.type),
        dims: table.longs(PARAMETER.dims),
        data: table.bytes(PARAMETER.data),
      })),
    }
  } catch (error) {
    throw error instanceof OrtError ? error : invalid(error) // outside of the bytes
  }
  return adapter
}

/** A table of FlatBuffers: https://flatbuffers.dev/internals */
class Table {
  readonly #file: Buffer
  readonly #at: number
  readonly #fields: number

  constructor(file: Buffer, at: number) {
    this.#file = file
    this.#at = at
    this.#fields = at - file.readInt32LE(at)
  }

  integer(field: number): number {
    const at = this.#field(field)
    return at === undefined ? 0 : this.#file.readInt32LE(at)
  }

  bytes(field: number): Buffer {
    const { begin, length } = this.#vector(field)
    if (begin + length > this.#file.length) throw new RangeError(`a vector at ${begin} ends after the file`)
    return this.#file.subarray(begin, begin + length)
  }

  longs(field: number): number[] {
    const { begin, length } = this.#vector(field)
    return Array.from({ length }, (_, i) => Number(this.#file.readBigInt64LE(begin + 8 * i)))
  }

  tables(field: number): Table[] {
    const { begin, length } = this.#vector(field)
    const tables: Table[] = []
    for (let at = begin; at < begin + 4 * length; at += 4)
      tables.push(new Table(this.#file, at + this.#file.readUInt32LE(at)))
    return tables
  }

  #vector(field: number): { begin: number; length: number } {
    const at = this.#field(field)
    if (at === undefined) return { begin: 0, length: 0 }
    const begin = at + this.#file.readUInt32LE(at)
    const length = this.#file.readUInt32LE(begin)
    if (length > this.#file.length) throw new RangeError(`a vector at ${begin} is longer than the file`)
    return { begin: begin + 4, length }
  }

  /** Undefined for the default. */
  #field(field: number): number | undefined {
    const entry = 4 + 2 * field
    if (entry >= this.#file.readUInt16LE(this.#fields)) return undefined
    const offset = this.#file.readUInt16LE(this.#fields + entry)
    return offset === 0 ? undefined : this.#at + offset
  }
}
