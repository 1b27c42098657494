import type { DeclaredTensor } from './config.js'
import { findDataType } from './datatypes.js'
import type { Model } from './model.js'

export const EXTENSIONS = ['binary_tensor_data', 'model_configuration', 'model_repository', 'statistics']

const tensor = ({ name, type, shape }: DeclaredTensor) => ({
  name,
  datatype: findDataType(type)!.name,
  shape: shape.map((dim) => (typeof dim === 'number' ? dim : -1)),
})

/** What the protocol reports of a model. */
export const metadata = ({ name, version, inputs, outputs }: Model) => ({
  name,
  versions: [version],
  platform: 'onnxruntime_onnx',
  inputs: inputs.map(tensor),
  outputs: outputs.map(tensor),
})
