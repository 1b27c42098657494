import { engine } from '../engine/select'
import { argumentTypeError } from '../errors'

/**
 * Weights in the form that ONNX Runtime's kernels use, for sessions that share them: the option `sharedWeights`. ONNX Runtime shares
 * the packed form of the initializers that the sessions are given by the option `initializers`. It is kept until it is collected and
 * the sessions are released.
 *
 * @example
 * const W = OrtValue.fromTensor(new Tensor('float32', [1, 2, 3, 4], [2, 2]))
 * const sharedWeights = new SharedWeights()
 * const options = { sharedWeights, initializers: { W } }
 * await using first = await InferenceSession.create('matmul.onnx', options)
 * await using second = await InferenceSession.create('matmul.onnx', options)
 */
export class SharedWeights {
  readonly #weights: object

  /** @throws OrtError `ERR_NOT_SUPPORTED` on onnxruntime-node, and those of `initialize` */
  constructor() {
    this.#weights = new (engine().SharedWeights)()
  }

  /** @internal The engine's, of the value of an option. */
  static of(value: unknown, name: string): object {
    if (typeof value === 'object' && value !== null && #weights in value) return value.#weights
    throw argumentTypeError(name, 'SharedWeights', value)
  }
}
