import textFormat from 'protobufjs/ext/textformat.js'
import { findDataType } from './datatypes.js'
import { MOST_MS } from './parameters.js'
import { root } from './proto.js'

const type = root.lookupType('inference.ModelConfig')

export interface TensorConfig {
  readonly name: string
  readonly data_type: string
  readonly dims: readonly number[]
}

export interface QueuePolicy {
  readonly timeout_action: string
  readonly default_timeout_microseconds: number
  readonly allow_timeout_override: boolean
  readonly max_queue_size: number
}

export interface DynamicBatching {
  readonly preferred_batch_size: readonly number[]
  readonly max_queue_delay_microseconds: number
  readonly priority_levels: number
  readonly default_priority_level: number
  readonly default_queue_policy: QueuePolicy | null
}

export interface InstanceGroup {
  readonly name: string
  readonly kind: string
  readonly count: number
}

export interface WarmupInput {
  readonly data_type: string
  readonly dims: readonly number[]
  readonly random_data?: boolean
  readonly input_data_file?: string
}

export interface WarmupConfig {
  readonly name: string
  readonly batch_size: number
  readonly inputs: Readonly<Record<string, WarmupInput>>
  readonly count: number
}

export interface ModelConfig {
  readonly name: string
  readonly platform: string
  readonly backend: string
  readonly max_batch_size: number
  readonly input: readonly TensorConfig[]
  readonly output: readonly TensorConfig[]
  readonly instance_group: readonly InstanceGroup[]
  readonly parameters: Readonly<Record<string, { readonly string_value: string }>>
  readonly model_warmup: readonly WarmupConfig[]
  readonly dynamic_batching?: DynamicBatching
}

/** A tensor as the model declares it. */
export interface DeclaredTensor {
  readonly name: string
  readonly type: string
  readonly shape: readonly (number | string)[]
}

const PLATFORM = { platform: 'onnxruntime_onnx', backend: 'onnxruntime' }

/** The parameters that the server knows, and what they have to be. */
const PARAMETERS: Readonly<Record<string, RegExp>> = {
  intra_op_thread_count: /^\d{1,4}$/,
  inter_op_thread_count: /^\d{1,4}$/,
  verify_tolerance: /^\d*\.?\d+(e-?\d+)?$/i,
}

/** A batch of the library has no more. */
const MOST_ROWS = 2 ** 16

const refuse = (message: string): never => {
  throw new Error(`config.pbtxt: ${message}`)
}

/** The configuration of a model without one. */
export const defaultConfig = (name: string): ModelConfig => ({
  name,
  ...PLATFORM,
  max_batch_size: 0,
  input: [],
  output: [],
  instance_group: [],
  parameters: {},
  model_warmup: [],
})

function parseText(text: string) {
  try {
    return textFormat.fromText(type, text)
  } catch (error) {
    return refuse((error as Error).message)
  }
}

/** @throws Error for what the server does not support */
export function parseConfig(text: string, name: string): ModelConfig {
  const given = type.toObject(parseText(text), {
    enums: String,
    longs: Number,
    defaults: true,
    arrays: true,
    objects: true,
  }) as ModelConfig & { dynamic_batching?: DynamicBatching | null }
  const expect = (what: string, value: string, allowed: string) => {
    if (value !== '' && value !== allowed) refuse(`${what} is '${value}', expected '${allowed}'`)
  }
  expect('name', given.name, name)
  expect('platform', given.platform, PLATFORM.platform)
  expect('backend', given.backend, PLATFORM.backend)
  if (given.max_batch_size < 0) refuse(`max_batch_size is ${given.max_batch_size}, expected 0 or more`)
  checkTensors('input', given.input)
  checkTensors('output', given.output)
  checkInstances(given.instance_group)
  for (const [key, { string_value }] of Object.entries(given.parameters)) {
    const values = Object.hasOwn(PARAMETERS, key) ? PARAMETERS[key] : undefined
    if (values === undefined) refuse(`parameters: '${key}' is not supported`)
    else if (!values.test(string_value))
      refuse(`parameters: '${key}' is '${string_value}', expected a number`)
  }
  const { dynamic_batching, ...rest } = given
  if (dynamic_batching == null) {
    if (Object.hasOwn(given.parameters, 'verify_tolerance'))
      refuse("parameters: 'verify_tolerance' needs dynamic_batching, whose batches it is for: omit it")
    return { ...rest, name, ...PLATFORM }
  }
  checkBatching(dynamic_batching, given.max_batch_size)
  return { ...rest, name, ...PLATFORM, dynamic_batching }
}

function checkTensors(what: string, tensors: readonly TensorConfig[]): void {
  const names = new Set<string>()
  for (const { name, dims } of tensors) {
    if (names.has(name)) refuse(`${what} '${name}' is given twice, expected once`)
    names.add(name)
    const wrong = dims.find((dim) => dim !== -1 && !(Number.isSafeInteger(dim) && dim > 0))
    if (wrong !== undefined)
      refuse(`${what} '${name}' has ${wrong} in its dims, expected 1 to 2^53 - 1, or -1 for any size`)
  }
}

function checkInstances(groups: readonly InstanceGroup[]): void {
  if (groups.length > 1) refuse('instance_group has more than one group, which is not supported')
  for (const { kind, count } of groups) {
    if (kind !== 'KIND_AUTO' && kind !== 'KIND_CPU') refuse(`instance_group: kind ${kind} is not supported`)
    if (count < 0 || count > 64) refuse(`instance_group: count is ${count}, expected 1 to 64`)
  }
}

function checkBatching(batching: DynamicBatching, most: number): void {
  if (most === 0) refuse('dynamic_batching needs max_batch_size')
  if (most > MOST_ROWS)
    refuse(`max_batch_size is ${most}, expected ${MOST_ROWS} at most with dynamic_batching`)
  checkTime('max_queue_delay_microseconds', batching.max_queue_delay_microseconds)
  for (const size of batching.preferred_batch_size)
    if (size < 1 || size > most)
      refuse(`preferred_batch_size is ${size}, expected 1 to max_batch_size (${most})`)
  const { priority_levels, default_priority_level, default_queue_policy } = batching
  if (priority_levels !== 0 && priority_levels !== 2)
    refuse(`priority_levels is ${priority_levels}, and only 2 are supported`)
  if (default_priority_level > priority_levels || (priority_levels > 0 && default_priority_level === 0))
    refuse(
      `default_priority_level is ${default_priority_level}, expected ${priority_levels === 0 ? '0 without priority_levels' : '1 or 2'}`,
    )
  checkTime('default_timeout_microseconds', default_queue_policy?.default_timeout_microseconds ?? 0)
  if (default_queue_policy?.timeout_action === 'DELAY')
    refuse('timeout_action DELAY is not supported, only REJECT')
}

function checkTime(what: string, microseconds: number): void {
  if (microseconds / 1000 > MOST_MS) refuse(`${what} is ${microseconds}, expected ${MOST_MS}000 at most`)
}

/** Triton's name of an element type. */
const configType = (type: string): string => {
  const name = findDataType(type)?.name
  return name === 'BYTES' ? 'TYPE_STRING' : name === undefined ? 'TYPE_INVALID' : `TYPE_${name}`
}

const declaredConfig = ({ name, type, shape }: DeclaredTensor): TensorConfig => ({
  name,
  data_type: configType(type),
  dims: shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
})

/** The configuration with all tensors of the model. @throws Error for what contradicts the model */
export function completeConfig(
  config: ModelConfig,
  inputs: readonly DeclaredTensor[],
  outputs: readonly DeclaredTensor[],
): ModelConfig {
  const isBatched = config.max_batch_size > 0
  if (isBatched && inputs.length === 0)
    refuse(`max_batch_size is ${config.max_batch_size}, expected 0 for a model without inputs`)
  return {
    ...config,
    input: completeTensors('input', config.input, inputs.map(declaredConfig), isBatched),
    output: completeTensors('output', config.output, outputs.map(declaredConfig), isBatched),
  }
}

function completeTensors(
  what: string,
  given: readonly TensorConfig[],
  declared: readonly TensorConfig[],
  isBatched: boolean,
): TensorConfig[] {
  for (const { name } of given)
    if (!declared.some((its) => its.name === name)) refuse(`the model has no ${what} '${name}'`)
  return declared.map((its) => {
    if (isBatched && its.dims[0] !== -1)
      refuse(`max_batch_size needs a dynamic first axis, which ${what} '${its.name}' does not have`)
    const dims = isBatched ? its.dims.slice(1) : its.dims
    const one = given.find((tensor) => tensor.name === its.name)
    if (one === undefined) return { ...its, dims }
    if (one.data_type !== its.data_type)
      refuse(`${what} '${its.name}' is ${one.data_type}, and the model has ${its.data_type}`)
    const fits = one.dims.length === dims.length && dims.every((dim, i) => dim === -1 || dim === one.dims[i])
    if (!fits) refuse(`${what} '${its.name}' has dims [${one.dims}], and the model has [${dims}]`)
    return one
  })
}
