// Buffers of kinds that the TypeScript library of the project does not name yet.

type Sized<T> = new (length: number, options: { maxByteLength: number }) => T

export const resizable = () => new (ArrayBuffer as Sized<ArrayBuffer>)(16, { maxByteLength: 32 })
export const growable = () => new (SharedArrayBuffer as Sized<SharedArrayBuffer>)(16, { maxByteLength: 32 })

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (limits: { initial: number; maximum: number }) => Memory }
}

/** Memory of WebAssembly: to grow it detaches the buffer, be that marked as untransferable or not. */
export function detachable(length: number): { array: Float32Array; detach: () => void } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 })
  return { array: new Float32Array(memory.buffer, 0, length), detach: () => memory.grow(1) }
}
