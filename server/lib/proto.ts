import { readFileSync } from 'node:fs'
import type { Type } from 'protobufjs'
import protobuf from 'protobufjs'

/** The messages and services of server/proto. */
export const root = new protobuf.Root()
for (const file of ['model_config', 'inference', 'health'])
  protobuf.parse(readFileSync(new URL(`../proto/${file}.proto`, import.meta.url), 'utf8'), root, {
    keepCase: true,
  })
root.resolveAll()

/** Bytes of a message that is given as an object. */
export const encode = (type: Type, message: object): Buffer =>
  type.encode(type.fromObject(message)).finish() as Buffer

/** @throws Error unless the bytes are a message of the type */
export const decode = (type: Type, bytes: Uint8Array): object =>
  type.toObject(type.decode(bytes), { defaults: true, longs: Number })
