import type { DeclaredTensor, TensorConfig } from './config.js'
import { findDataType } from './datatypes.js'
import type { Model } from './model.js'

export const EXTENSIONS = ['binary_tensor_data', 'model_configuration', 'model_repository', 'statistics']

/** What the protocol reports of a model. */
export function metadata({ name, version, inputs, outputs, config }: Model): object {
  // config.pbtxt may fix what the model leaves open.
  const tensors = (declared: readonly DeclaredTensor[], configured: readonly TensorConfig[]) =>
    declared.map(({ name, type }, i) => {
      const { dims } = configured[i]!
      return {
        name,
        datatype: findDataType(type)!.name,
        shape: config.max_batch_size > 0 ? [-1, ...dims] : dims,
      }
    })
  return {
    name,
    versions: [version],
    platform: 'onnxruntime_onnx',
    inputs: tensors(inputs, config.input),
    outputs: tensors(outputs, config.output),
  }
}
