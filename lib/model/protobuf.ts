import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { OrtError } from '../errors'

const CHUNK = 16 * 1024

/** Where a message is read from. */
export interface ByteSource {
  /** In errors. */
  readonly path: string
  readonly length: number
  at(position: number): number
  text(begin: number, end: number): string
}

/** Bytes in memory. */
export class MemoryBytes implements ByteSource {
  readonly path = 'bytes'

  constructor(readonly bytes: Uint8Array) {}

  get length(): number {
    return this.bytes.length
  }

  at(position: number): number {
    return this.bytes[position]!
  }

  text(begin: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.length).toString('utf8', begin, end)
  }
}

/** A file's bytes, read on demand: what is skipped, such as a model's weights, is never read. */
export class FileBytes implements ByteSource, Disposable {
  readonly length: number
  readonly #file: number
  readonly #chunk = Buffer.allocUnsafe(CHUNK)
  #begin = 0
  #end = 0

  constructor(readonly path: string) {
    this.#file = openSync(path, 'r')
    this.length = fstatSync(this.#file).size
  }

  at(position: number): number {
    if (position < this.#begin || position >= this.#end) {
      this.#begin = position
      this.#end = position + readSync(this.#file, this.#chunk, 0, CHUNK, position)
      if (position >= this.#end) throw malformed(this.path, position)
    }
    return this.#chunk[position - this.#begin]!
  }

  text(begin: number, end: number): string {
    if (begin >= this.#begin && end <= this.#end)
      return this.#chunk.toString('utf8', begin - this.#begin, end - this.#begin)
    const bytes = Buffer.alloc(end - begin)
    readSync(this.#file, bytes, 0, bytes.length, begin)
    return bytes.toString()
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}

function malformed(path: string, position: number): OrtError {
  return new OrtError('ERR_ORT_INVALID_PROTOBUF', 'the model could not be read', {
    expected: 'a valid protobuf',
    given: `${path}, which is not one at byte ${position}`,
    remedy: 'Download or export the model again',
  })
}

/** A message of protobuf's wire format, or a string of it. */
export class Message {
  readonly #messages = new Map<number, Message[]>()
  readonly #integers = new Map<number, number[]>()
  #isRead = false

  constructor(
    private readonly bytes: ByteSource,
    readonly begin = 0,
    readonly end = bytes.length,
  ) {}

  /** All messages of a field, by its number in the .proto. */
  messages(field: number): readonly Message[] {
    this.#read()
    return this.#messages.get(field) ?? []
  }

  strings(field: number): string[] {
    return this.messages(field).map(({ bytes, begin, end }) => bytes.text(begin, end))
  }

  /** The last one wins. */
  string(field: number): string {
    return this.strings(field).at(-1) ?? ''
  }

  /** All varints of a field that is not packed; exact up to 2^53. */
  integers(field: number): readonly number[] {
    this.#read()
    return this.#integers.get(field) ?? []
  }

  /** The last one wins. */
  integer(field: number): number {
    return this.integers(field).at(-1) ?? 0
  }

  #read(): void {
    if (this.#isRead) return
    this.#isRead = true
    let at = this.begin
    const varint = (): number => {
      let value = 0
      for (let scale = 1; at < this.end && scale < 2 ** 70; scale *= 128) {
        const byte = this.bytes.at(at++)
        value += (byte & 127) * scale
        if (byte < 128) return value
      }
      throw malformed(this.bytes.path, at)
    }
    // The fields of the groups around the position. ONNX has none, and what a parser does not know it skips.
    const groups: number[] = []
    while (at < this.end) {
      const key = varint()
      const field = Math.floor(key / 8)
      const wireType = key % 8
      if (wireType === 0) {
        const value = varint()
        if (groups.length > 0) continue
        const others = this.#integers.get(field) ?? []
        others.push(value)
        this.#integers.set(field, others)
      } else if (wireType === 2) {
        const length = varint()
        const begin = at
        at += length
        if (at > this.end) throw malformed(this.bytes.path, begin)
        if (groups.length > 0) continue
        const others = this.#messages.get(field) ?? []
        others.push(new Message(this.bytes, begin, at))
        this.#messages.set(field, others)
      } else if (wireType === 1) at += 8
      else if (wireType === 5) at += 4
      else if (wireType === 3) groups.push(field)
      else if (wireType !== 4 || groups.pop() !== field) throw malformed(this.bytes.path, at)
    }
    if (groups.length > 0 || at > this.end) throw malformed(this.bytes.path, at)
  }
}
