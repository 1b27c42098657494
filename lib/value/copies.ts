import type { ElementArrays, ElementType, TypedArray } from '../model/element-types'
import { copyIn, copyOut, copyTarget, copyView } from './copy'
import { checkCopy, checkElements, type Elements, type OrtValueData, setElements } from './data'
import { OrtValueMemory } from './memory'

/** The copies of an OrtValue's elements. */
export abstract class OrtValueCopies<T extends ElementType> extends OrtValueMemory<T> {
  /**
   * A copy of the tensor's elements; from a device it blocks. @throws OrtError `ERR_BUSY` while a run in flight writes them
   * @example
   * const elements = value.read()
   */
  read(): Elements<T> {
    if (this.type === 'string') return this.engineValue.strings() as Elements<T>
    if (this.array !== undefined) return copyView(this.data) as Elements<T>
    return copyOut(this, (target) => this.engineValue.copyTo(target)) as Elements<T>
  }

  /**
   * Writes all elements of the tensor; `data` has exactly as many, of its type.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_INVALID_LENGTH`; OrtError `ERR_DISPOSED`, `ERR_DETACHED`, `ERR_BUSY`
   * @example
   * value.write(Float32Array.of(1, 2, 3, 4))
   */
  write(data: OrtValueData): void {
    const value = this.engineValue
    const elements = checkElements(this.type, this.size, data)
    value.checkFree(true)
    if (Array.isArray(elements)) value.setStrings(elements)
    else if (this.hostVisible) setElements(this.data, elements)
    else copyIn(this, elements, value)
  }

  /**
   * Copies the tensor into another of the same type and shape, from any device to any. Blocks the calling thread.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`; OrtRangeError `ERR_SHAPE_MISMATCH`; OrtError `ERR_BUSY`, `ERR_DISPOSED`
   * @example
   * value.copyTo(OrtValue.allocate(value.type, value.dims))
   */
  copyTo(target: OrtValueMemory<ElementType>): void {
    checkCopy(this, OrtValueMemory.check(target, 'target'))
    const { engineValue } = this
    if (this.type === 'string') target.engineValue.setStrings(this.read() as string[])
    // WebGPU cannot copy a buffer to itself.
    else if (target !== this) engineValue.copyTo(target.engineValue)
  }

  /**
   * The same as {@link OrtValue.copyTo} on another thread. Both values are in use until the promise settles (`ERR_BUSY`).
   * @example
   * await value.copyToAsync(OrtValue.allocate(value.type, value.dims))
   */
  async copyToAsync(target: OrtValueMemory<ElementType>): Promise<void> {
    if (this.type === 'string' || target === this) return this.copyTo(target)
    checkCopy(this, OrtValueMemory.check(target, 'target'))
    return this.engineValue.copyToAsync(target.engineValue)
  }

  /**
   * The same as {@link OrtValue.read} on another thread. `into` receives the elements when the promise resolves, and is its
   * result.
   * @throws OrtTypeError `ERR_TYPE_MISMATCH`, OrtRangeError `ERR_INVALID_LENGTH` for an `into` that does not fit
   * @example
   * const elements = await value.readAsync()
   */
  async readAsync(into?: ElementArrays[T]): Promise<Elements<T>> {
    const given = into === undefined ? undefined : checkElements(this.type, this.size, into)
    if (this.type === 'string') return this.read()
    const { copy, target } = copyTarget(this)
    await this.engineValue.copyToAsync(target).finally(() => target.dispose())
    // Only now: JavaScript can detach the array meanwhile.
    if (given !== undefined) setElements(given as TypedArray, copy)
    return (given ?? copy) as Elements<T>
  }

  /**
   * The same as {@link OrtValue.write} on another thread, of the data as they are at the call.
   * @example
   * await value.writeAsync(Float32Array.of(1, 2, 3, 4))
   */
  async writeAsync(data: OrtValueData): Promise<void> {
    const elements = checkElements(this.type, this.size, data)
    if (Array.isArray(elements)) return this.write(elements)
    const { copy, target } = copyTarget(this)
    setElements(copy, elements)
    await target.copyToAsync(this.engineValue).finally(() => target.dispose())
  }
}
