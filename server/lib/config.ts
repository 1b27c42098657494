import textFormat from 'protobufjs/ext/textformat.js'
import { dataTypeOf } from './datatypes.js'
import { root } from './proto.js'

const type = root.lookupType('inference.ModelConfig')

export interface TensorConfig {
  readonly name: string
  readonly data_type: string
  readonly dims: readonly number[]
}

export interface ModelConfig {
  readonly name: string
  readonly platform: string
  readonly backend: string
  readonly max_batch_size: number
  readonly input: readonly TensorConfig[]
  readonly output: readonly TensorConfig[]
}

/** A tensor as the model declares it. */
export interface DeclaredTensor {
  readonly name: string
  readonly type: string
  readonly shape: readonly (number | string)[]
}

/** Triton's name of an element type. */
const configType = (type: string): string => {
  const name = dataTypeOf(type)?.name
  return name === 'BYTES' ? 'TYPE_STRING' : name === undefined ? 'TYPE_INVALID' : `TYPE_${name}`
}

/** The configuration of a model without one. */
export function defaultConfig(
  name: string,
  inputs: readonly DeclaredTensor[],
  outputs: readonly DeclaredTensor[],
): ModelConfig {
  const tensor = ({ name, type, shape }: DeclaredTensor): TensorConfig => ({
    name,
    data_type: configType(type),
    dims: shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
  })
  const names = { name, platform: 'onnxruntime_onnx', backend: 'onnxruntime' }
  return { ...names, max_batch_size: 0, input: inputs.map(tensor), output: outputs.map(tensor) }
}

/** @throws Error for what the server does not support, and for what contradicts the model */
export function parseConfig(
  text: string,
  name: string,
  inputs: readonly DeclaredTensor[],
  outputs: readonly DeclaredTensor[],
): ModelConfig {
  const given = type.toObject(textFormat.fromText(type, text), {
    enums: String,
    longs: Number,
    defaults: true,
    arrays: true,
  }) as ModelConfig
  const expect = (what: string, value: string, allowed: readonly string[]) => {
    if (value !== '' && !allowed.includes(value))
      throw new Error(`config.pbtxt: ${what} is '${value}', expected '${allowed[0]}'`)
  }
  expect('name', given.name, [name])
  expect('platform', given.platform, ['onnxruntime_onnx'])
  expect('backend', given.backend, ['onnxruntime'])
  if (given.max_batch_size < 0) throw new Error('config.pbtxt: max_batch_size is negative')
  const isBatched = given.max_batch_size > 0
  const config = defaultConfig(name, inputs, outputs)
  const check = (what: string, tensors: readonly TensorConfig[], declared: readonly TensorConfig[]) =>
    declared.map((its): TensorConfig => {
      const ofRow = isBatched ? its.dims.slice(1) : its.dims
      if (isBatched && its.dims[0] !== -1)
        throw new Error(
          `config.pbtxt: max_batch_size needs a dynamic first axis, which ${what} '${its.name}' does not have`,
        )
      const one = tensors.find((tensor) => tensor.name === its.name)
      if (one === undefined) return { ...its, dims: ofRow }
      if (one.data_type !== its.data_type)
        throw new Error(
          `config.pbtxt: ${what} '${its.name}' is ${one.data_type}, and the model has ${its.data_type}`,
        )
      const fits =
        one.dims.length === ofRow.length && ofRow.every((dim, i) => dim === -1 || dim === one.dims[i])
      if (!fits)
        throw new Error(
          `config.pbtxt: ${what} '${its.name}' has dims [${one.dims}], and the model has [${ofRow}]`,
        )
      return one
    })
  for (const [what, tensors, declared] of [
    ['input', given.input, config.input],
    ['output', given.output, config.output],
  ] as const)
    for (const { name } of tensors)
      if (!declared.some((its) => its.name === name))
        throw new Error(`config.pbtxt: the model has no ${what} '${name}'`)
  return {
    ...config,
    max_batch_size: given.max_batch_size,
    input: check('input', given.input, config.input),
    output: check('output', given.output, config.output),
  }
}
