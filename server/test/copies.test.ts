// The bytes of a request: one copy from the socket into the body, whose binary data the tensors are views of. session.run
// copies these into bound memory.
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readBody } from '../dist/body.js'
import { dataType, fromBytes, toBytes } from '../dist/datatypes.js'
import { TYPES } from './models.ts'

const LIMIT = 2 ** 20
const numbers = Object.keys(TYPES).filter((name) => name !== 'BYTES')

/** A body of `before` bytes and 16 elements, in chunks of 7 bytes. */
const chunks = (bytes: Buffer) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(7 * i, 7 * i + 7)),
  )

test.each(numbers)('a tensor of %s is a view of the body, wherever its data begin', async (name) => {
  const type = dataType(name)
  for (let before = 1; before <= 9; ++before)
    for (const isChunked of [false, true]) {
      const elements = new type.array!(16)
      for (let i = 0; i < 16; ++i)
        elements[i] = (typeof elements[0] === 'bigint' ? BigInt(i % 2) : i % 2) as never
      const bytes = Buffer.concat([Buffer.alloc(before, 0x20), toBytes(elements)])
      const headers = isChunked ? {} : { 'content-length': String(bytes.length) }
      const body = await readBody(chunks(bytes), headers, { limit: LIMIT, jsonLength: before })
      const view = fromBytes(type, 16, body.subarray(before), 'x') as Uint8Array
      expect(view.buffer).toBe(body.buffer)
      expect(view.byteOffset).toBe(body.byteOffset + before)
      expect(view).toEqual(elements)
    }
})

test('what a model gives is sent from its own memory', () => {
  const elements = Float32Array.of(1, 2, 3)
  expect(toBytes(elements).buffer).toBe(elements.buffer)
})
