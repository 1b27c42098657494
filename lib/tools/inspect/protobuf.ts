import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const CHUNK = 16 * 1024

/** A file's bytes, read where they are asked for: what is skipped, such as a model's weights, is never read. */
export class FileBytes implements Disposable {
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
      if (position >= this.#end) throw new Error(`${this.path} ends at byte ${position}`)
    }
    return this.#chunk[position - this.#begin]!
  }

  text(begin: number, end: number): string {
    const bytes = Buffer.alloc(end - begin)
    readSync(this.#file, bytes, 0, bytes.length, begin)
    return bytes.toString()
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }
}

/** What is done with a message's fields, by their numbers in its .proto; the others are skipped. */
type Handlers<T> = Readonly<Record<number, (value: T) => void>>

/** A message of protobuf's wire format, or a string of it. */
export class Message {
  constructor(
    private readonly bytes: FileBytes,
    private readonly begin: number,
    private readonly end: number,
  ) {}

  /** @param integers handlers of fields that are varints; what is above 2^53 is not exact */
  read(messages: Handlers<Message>, integers: Handlers<number> = {}): void {
    let at = this.begin
    const varint = (): number => {
      let value = 0
      for (let scale = 1; at < this.end && scale < 2 ** 70; scale *= 128) {
        const byte = this.bytes.at(at++)
        value += (byte & 127) * scale
        if (byte < 128) return value
      }
      throw this.#malformed(at)
    }
    while (at < this.end) {
      const key = varint()
      const field = Math.floor(key / 8)
      const wireType = key % 8
      if (wireType === 0) {
        const value = varint()
        integers[field]?.(value)
      } else if (wireType === 2) {
        const length = varint()
        const begin = at
        at += length
        if (at > this.end) throw this.#malformed(begin)
        messages[field]?.(new Message(this.bytes, begin, at))
      } else if (wireType === 1) at += 8
      else if (wireType === 5) at += 4
      else throw this.#malformed(at)
    }
  }

  text(): string {
    return this.bytes.text(this.begin, this.end)
  }

  #malformed(at: number): Error {
    return new Error(`${this.bytes.path} is no protobuf at byte ${at}`)
  }
}
