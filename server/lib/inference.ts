import { dataType, fromBytes, fromJson, toBytes, toJson } from './datatypes.js'
import { invalid } from './errors.js'
import type { Signal } from './leaving.js'
import type { Model, NamedTensor } from './model.js'
import {
  checkId,
  elementCount,
  type Parameters as Json,
  MOST_DIMS,
  MOST_TENSORS,
  own,
  priority,
  refuseClassification,
  refuseSequences,
  refuseSharedMemory,
  timeoutMs,
} from './parameters.js'
import { printable } from './printable.js'
import { readRawInput } from './raw-request.js'

const DEEPEST = MOST_DIMS

const strict = new TextDecoder('utf-8', { fatal: true })

interface WantedOutput {
  readonly name: string
  readonly binary: boolean
}

interface InferRequest {
  readonly id: string | undefined
  readonly inputs: readonly NamedTensor[]
  /** Undefined: all. */
  readonly outputs: readonly WantedOutput[] | undefined
  readonly binaryDefault: boolean
  readonly timeoutMs: number | undefined
  readonly priority: number
}

/** A response: JSON, and the binary data behind it. */
export interface InferResponse {
  readonly header: Buffer
  readonly data: readonly Buffer[]
}

/** Runs the request of a body: JSON of `headerLength` bytes, and binary data behind it. @throws RequestError */
export async function infer(
  model: Model,
  body: Buffer,
  headerLength: number | undefined,
  signal: Signal,
): Promise<InferResponse> {
  const request = headerLength === 0 ? rawRequest(model, body) : parseRequest(body, headerLength)
  const names = request.outputs?.map(({ name }) => name)
  const results = await model.infer(request.inputs, names, { ...request, signal })
  const data: Buffer[] = []
  const outputs = results.map(({ name, type, shape, data: elements }) => {
    const wanted = request.outputs?.find((output) => output.name === name)
    const common = { name, datatype: type.name, shape }
    if (!(wanted?.binary ?? request.binaryDefault))
      return withJson(common, 'data', toJson(type, elements, name))
    const bytes = toBytes(elements)
    data.push(bytes)
    return JSON.stringify({ ...common, parameters: { binary_data_size: bytes.length } })
  })
  const { id } = request
  const response = {
    model_name: model.name,
    model_version: model.version,
    ...(id !== undefined && { id }),
  }
  return { header: Buffer.from(withJson(response, 'outputs', `[${outputs}]`)), data }
}

/** The JSON of an object that has members, and of one more whose value is JSON already. */
const withJson = (object: object, key: string, json: string) =>
  `${JSON.stringify(object).slice(0, -1)},"${key}":${json}}`

/** A request without JSON asks for binary data. */
const rawRequest = (model: Model, body: Buffer): InferRequest => ({
  id: undefined,
  inputs: [readRawInput(model, body)],
  outputs: undefined,
  binaryDefault: true,
  timeoutMs: undefined,
  priority: 0,
})

function parseRequest(body: Buffer, headerLength: number | undefined): InferRequest {
  if (headerLength !== undefined && headerLength > body.length)
    throw invalid('Inference-Header-Content-Length is larger than the body')
  const json = parseJson(headerLength === undefined ? body : body.subarray(0, headerLength))
  const rest = headerLength === undefined ? Buffer.alloc(0) : body.subarray(headerLength)
  const id = own(json, 'id') ?? undefined
  if (id !== undefined) checkId(id)
  const parameters = object(own(json, 'parameters') ?? {}, "'parameters'")
  refuseSequences(parameters)
  let at = 0
  const inputs = list(own(json, 'inputs'), "'inputs'").map((one) => {
    const [tensor, used] = parseInput(object(one, 'an input'), rest, at)
    at += used
    return tensor
  })
  if (at !== rest.length)
    throw invalid(`the inputs have ${at} bytes of binary data, and the body has ${rest.length}`)
  const binaryDefault = own(parameters, 'binary_data_output') === true
  const outputs = list(own(json, 'outputs') ?? [], "'outputs'")
  return {
    id,
    inputs,
    outputs: outputs.length === 0 ? undefined : parseOutputs(outputs, binaryDefault),
    binaryDefault,
    timeoutMs: timeoutMs(parameters),
    priority: priority(parameters),
  }
}

function parseOutputs(outputs: readonly unknown[], binaryDefault: boolean): WantedOutput[] {
  return outputs.map((one) => {
    const output = object(one, 'an output')
    const parameters = object(own(output, 'parameters') ?? {}, "'parameters'")
    refuseClassification(parameters)
    refuseSharedMemory(parameters)
    const binary = own(parameters, 'binary_data')
    return {
      name: text(own(output, 'name'), "an output's 'name'"),
      binary: binary === undefined ? binaryDefault : binary === true,
    }
  })
}

function parseInput(input: Json, rest: Buffer, at: number): [NamedTensor, used: number] {
  const name = text(own(input, 'name'), "an input's 'name'")
  const type = dataType(own(input, 'datatype'))
  const shape = list(own(input, 'shape'), `the shape of input '${name}'`)
  const count = elementCount(shape, name)
  const parameters = object(own(input, 'parameters') ?? {}, "'parameters'")
  refuseSharedMemory(parameters)
  const size = own(parameters, 'binary_data_size') ?? undefined
  const common = { name, type, shape: shape as number[] }
  if (size === undefined)
    return [{ ...common, data: fromJson(type, count, flat(own(input, 'data'), count, name), name) }, 0]
  if (own(input, 'data') !== undefined) throw invalid(`input '${name}' has both 'data' and binary data`)
  if (!Number.isSafeInteger(size) || (size as number) < 0 || at + (size as number) > rest.length)
    throw invalid(`input '${name}' has a binary_data_size beyond the body`)
  const bytes = rest.subarray(at, at + (size as number))
  return [{ ...common, data: fromBytes(type, count, bytes, name) }, size as number]
}

/** The elements of arrays that may be nested. */
function flat(data: unknown, count: number, name: string): unknown[] {
  const elements: unknown[] = []
  const visit = (entries: readonly unknown[], depth: number): void => {
    if (depth > DEEPEST) throw invalid(`the data of input '${name}' is nested too deeply`)
    for (const entry of entries) {
      if (Array.isArray(entry)) visit(entry, depth + 1)
      else if (elements.push(entry) > count) throw invalid(`input '${name}' has more than ${count} elements`)
    }
  }
  visit(list(data, `the data of input '${name}'`, Infinity), 1)
  return elements
}

function parseJson(bytes: Buffer): Json {
  let value: unknown
  try {
    value = JSON.parse(strict.decode(bytes))
  } catch (error) {
    throw invalid(
      `the request is not JSON: ${printable((error as Error).message)}. Send NaN and infinities as binary data, which needs the header Inference-Header-Content-Length`,
    )
  }
  return object(value, 'the request')
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw invalid(`${what} is not an object`)
}

function list(value: unknown, what: string, most = MOST_TENSORS): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${what} is not an array`)
  if (value.length <= most) return value
  throw invalid(`${what} has more than ${most} entries`)
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw invalid(`${what} is not a string`)
}
