import { dataType, fromBytes, utf8 } from './datatypes.js'
import { invalid, RequestError } from './errors.js'
import { type Contents, fromContents } from './grpc-contents.js'
import type { NamedTensor } from './model.js'
import {
  checkId,
  elementCount,
  MOST_DIMS,
  MOST_TENSORS,
  type Parameters,
  priority,
  refuseClassification,
  refuseSequences,
  refuseSharedMemory,
  timeoutMs,
} from './parameters.js'
import { delimited, FIXED64, readFields, repeated, single, VARINT } from './wire.js'

/** A ModelInferRequest. */
export interface GrpcRequest {
  readonly modelName: string
  readonly modelVersion: string
  readonly id: string
  /** Reads the rest, which needs no model. @throws RequestError */
  readonly tensors: () => GrpcTensors
}

export interface GrpcTensors {
  readonly inputs: readonly NamedTensor[]
  /** Undefined: all. */
  readonly outputs: readonly string[] | undefined
  readonly timeoutMs: number | undefined
  readonly priority: number
}

interface Input {
  name: string
  datatype: string
  shape: number[]
  parameters: Record<string, unknown>
  contents: Contents
}

interface Output {
  name: string
  parameters: Record<string, unknown>
}

const string = (take: (text: string) => void) => delimited((bytes) => take(utf8.decode(bytes)))

function push<T>(list: T[], value: T, what: string): void {
  if (list.push(value) > MOST_TENSORS) throw invalid(`the request has more than ${MOST_TENSORS} ${what}`)
}

/**
 * Reads a request by hand: the protocol's own messages would be objects for each of their elements, without a bound.
 * @throws RequestError 400
 */
export function readRequest(bytes: Uint8Array): GrpcRequest {
  let [modelName, modelVersion, id] = ['', '', '']
  const parameters: Record<string, unknown> = Object.create(null)
  const inputs: Input[] = []
  const outputs: Output[] = []
  const raw: Buffer[] = []
  return wellFormed(() => {
    readFields(bytes, {
      1: string((text) => {
        modelName = text
      }),
      2: string((text) => {
        modelVersion = text
      }),
      3: string((text) => {
        id = text
      }),
      4: delimited((entry) => readParameter(entry, parameters)),
      5: delimited((input) => push(inputs, readInput(input), 'inputs')),
      6: delimited((output) => push(outputs, readOutput(output), 'outputs')),
      7: delimited((data) =>
        push(raw, Buffer.from(data.buffer, data.byteOffset, data.length), 'raw_input_contents'),
      ),
    })
    return { modelName, modelVersion, id, tensors: () => tensors(id, parameters, inputs, outputs, raw) }
  })
}

function wellFormed<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof RequestError ? error : invalid('the request is not a ModelInferRequest')
  }
}

function readInput(bytes: Uint8Array): Input {
  const input: Input = { name: '', datatype: '', shape: [], parameters: Object.create(null), contents: [] }
  readFields(bytes, {
    1: string((text) => {
      input.name = text
    }),
    2: string((text) => {
      input.datatype = text
    }),
    3: repeated(VARINT, (reader) => {
      if (input.shape.push(Number(reader.int64())) > MOST_DIMS)
        throw invalid(`a shape has more than ${MOST_DIMS} sizes`)
    }),
    4: delimited((entry) => readParameter(entry, input.parameters)),
    5: delimited((contents) => push(input.contents, contents, 'contents')),
  })
  return input
}

function readOutput(bytes: Uint8Array): Output {
  const output: Output = { name: '', parameters: Object.create(null) }
  readFields(bytes, {
    1: string((text) => {
      output.name = text
    }),
    2: delimited((entry) => readParameter(entry, output.parameters)),
  })
  return output
}

/** Reads an entry of a map of parameters. */
function readParameter(entry: Uint8Array, parameters: Record<string, unknown>): void {
  let key = ''
  let value: unknown
  readFields(entry, {
    1: string((text) => {
      key = text
    }),
    2: delimited((bytes) => {
      readFields(bytes, {
        1: single(VARINT, (reader) => {
          value = reader.bool()
        }),
        2: single(VARINT, (reader) => {
          value = Number(reader.int64())
        }),
        3: string((text) => {
          value = text
        }),
        4: single(FIXED64, (reader) => {
          value = reader.double()
        }),
        5: single(VARINT, (reader) => {
          value = Number(reader.uint64())
        }),
      })
    }),
  })
  parameters[key] = value
  if (Object.keys(parameters).length > MOST_DIMS)
    throw invalid(`the request has more than ${MOST_DIMS} parameters`)
}

function tensors(
  id: string,
  parameters: Parameters,
  inputs: readonly Input[],
  outputs: readonly Output[],
  raw: readonly Buffer[],
): GrpcTensors {
  checkId(id)
  refuseSequences(parameters)
  if (raw.length > 0 && raw.length !== inputs.length)
    throw invalid(`the request has ${raw.length} raw_input_contents for ${inputs.length} inputs`)
  for (const output of outputs) {
    refuseClassification(output.parameters)
    refuseSharedMemory(output.parameters)
  }
  return {
    inputs: inputs.map((input, i) => wellFormed(() => tensor(input, raw.length > 0 ? raw[i] : undefined))),
    outputs: outputs.length === 0 ? undefined : outputs.map(({ name }) => name),
    timeoutMs: timeoutMs(parameters),
    priority: priority(parameters),
  }
}

function tensor(
  { name, datatype, shape, parameters, contents }: Input,
  raw: Buffer | undefined,
): NamedTensor {
  refuseSharedMemory(parameters)
  const type = dataType(datatype)
  const count = elementCount(shape, name)
  if (raw === undefined) return { name, type, shape, data: fromContents(type, count, contents, name) }
  if (contents.some((bytes) => bytes.length > 0))
    throw invalid(`input '${name}' has both contents and raw_input_contents`)
  return { name, type, shape, data: fromBytes(type, count, raw, name) }
}
