import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'

describe('a subclass of a typed array', () => {
  it('is accepted: a Buffer as a Uint8Array', () => {
    const bytes = new Uint8Array(12).fill(9)
    const wrapped = OrtValue.wrap('uint8', bytes.subarray(4, 8), [4])
    wrapped.write(Buffer.from([1, 2, 3, 4]))
    expect([...bytes]).toEqual([9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9])
    const value = OrtValue.fromTensor(new Tensor('uint8', Buffer.from([5, 6]), [2]))
    expect([...value.data]).toEqual([5, 6])
  })

  it('is accepted: any other subclass', () => {
    class Samples extends Float32Array {}
    const value = OrtValue.allocate('float32', [2])
    value.write(Samples.of(1.5, -2))
    expect([...value.data]).toEqual([1.5, -2])
  })
})
