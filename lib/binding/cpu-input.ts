import type { Tensor } from 'onnxruntime-common'
import { argumentTypeError } from '../errors'
import { checkElementType, copyTypedArray, type TypedArray } from '../model/element-types'
import { isTensor, tensorData } from '../value/tensor'
import { OrtValue } from '../value/value'

/** A copy of a Tensor, in memory of V8's where it can be: views of it stay valid after the value is disposed. */
function copyTensor(tensor: Tensor): OrtValue {
  if (!isTensor(tensor)) throw argumentTypeError('tensor', 'a Tensor', tensor)
  const type = checkElementType(tensor.type)
  if (type === 'string' || tensor.location === 'gpu-buffer') return OrtValue.fromTensor(tensor)
  const data = tensorData(tensor, type, 'tensor') as TypedArray
  return OrtValue.wrap(type, copyTypedArray(data), tensor.dims)
}

/**
 * The copies that `bindCpuInput` made last. The next one for the same input disposes of it, unless the user holds it: in a loop
 * that never yields, nothing else would free the native state.
 */
export class CpuInputs {
  readonly #copies = new Map<string, OrtValue>()

  /** The copy, which `bind` binds. */
  bind(name: string, tensor: Tensor, bind: (value: OrtValue) => void): OrtValue {
    const value = copyTensor(tensor)
    try {
      bind(value)
    } catch (error) {
      value.dispose()
      throw error
    }
    this.#copies.get(name)?.dispose()
    // The views of any other value would become empty.
    if (value.location === 'cpu' && tensor.location !== 'gpu-buffer') this.#copies.set(name, value)
    else this.#copies.delete(name)
    return value
  }

  /** The user has the value bound to the input. */
  keep(name: string): void {
    this.#copies.delete(name)
  }
}
