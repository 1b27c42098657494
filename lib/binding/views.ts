import type { ElementArrays, ElementType } from '../model/element-types'
import type { OrtValue } from '../value/value'

/** Typed arrays by name. */
export type Views = Readonly<Record<string, AnyTypedArray | undefined>>

/** Typed arrays by name, of element types that the caller does not declare. */
export type AnyViews = Readonly<Record<string, AnyTypedArray>>

/**
 * A typed array of an element type that the compiler does not know: numbers, or bigints for int64 and uint64. A type argument of
 * `session.createIoBinding` declares the types; `npx onnxruntime-iobinding inspect MODEL --types` writes it.
 */
export interface AnyTypedArray {
  [index: number]: number | bigint
  readonly length: number
  readonly buffer: ArrayBufferLike
  readonly byteLength: number
  readonly byteOffset: number
  readonly BYTES_PER_ELEMENT: number
  readonly [Symbol.toStringTag]: string
  [Symbol.iterator](): IterableIterator<number | bigint>
  at(index: number): number | bigint | undefined
  copyWithin(target: number, start: number, end?: number): this
  entries(): IterableIterator<[number, number | bigint]>
  every(predicate: (value: number | bigint, index: number) => unknown): boolean
  fill(value: number | bigint, start?: number, end?: number): this
  filter(predicate: (value: number | bigint, index: number) => unknown): AnyTypedArray
  find(predicate: (value: number | bigint, index: number) => unknown): number | bigint | undefined
  findIndex(predicate: (value: number | bigint, index: number) => unknown): number
  forEach(callback: (value: number | bigint, index: number) => void): void
  includes(element: number | bigint, fromIndex?: number): boolean
  indexOf(element: number | bigint, fromIndex?: number): number
  join(separator?: string): string
  keys(): IterableIterator<number>
  lastIndexOf(element: number | bigint, fromIndex?: number): number
  map(callback: (value: number | bigint, index: number) => number | bigint): AnyTypedArray
  reverse(): this
  set(elements: ArrayLike<number> | ArrayLike<bigint>, offset?: number): void
  slice(start?: number, end?: number): AnyTypedArray
  some(predicate: (value: number | bigint, index: number) => unknown): boolean
  sort(): this
  subarray(begin?: number, end?: number): AnyTypedArray
  values(): IterableIterator<number | bigint>
}

/** The views of the inputs that an object of shapes and OrtValues names; of `{}` any. */
export type NamedViews<S> = keyof S extends never
  ? AnyViews
  : {
      readonly [K in keyof S]: S[K] extends OrtValue<infer T>
        ? ElementType extends T
          ? AnyTypedArray
          : ElementArrays[T]
        : AnyTypedArray
    }
