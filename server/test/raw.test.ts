// Raw binary requests of Triton: the body is the data of a model's only input.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { identity, twoInputs } from '../../test/helpers/model-builder.mjs'
import { writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const served = serve((repository) => {
  writeIdentities(repository)
  writeModel(repository, 'text', identity('string', [1]))
  writeModel(repository, 'scalar', identity('float64', []))
  writeModel(repository, 'open', identity('float32', ['a', 'b']))
  writeModel(repository, 'two', twoInputs())
})

const LENGTH = 'inference-header-content-length'

/** @returns the response's JSON, and the binary data behind it */
async function send(model: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const url = `http://127.0.0.1:${served.server.httpPort}/v2/models/${model}/infer`
  const init = { method: 'POST', body: body as never, headers: { [LENGTH]: '0', ...headers } }
  const response = await fetch(url, init)
  const bytes = Buffer.from(await response.arrayBuffer())
  const length = Number(response.headers.get(LENGTH) ?? bytes.length)
  const json = JSON.parse(bytes.subarray(0, length).toString())
  return { status: response.status, json, data: bytes.subarray(length) }
}

const floats = (count: number) => Buffer.from(Float32Array.from({ length: count }, (_, i) => i).buffer)

test.each([
  ['identity_FP32', floats(6), [2, 3]],
  ['identity_FP16', floats(6), [4, 3]],
  ['identity_UINT8', floats(3), [4, 3]],
  ['batched', floats(3), [1, 3]],
  ['scalar', floats(2), []],
])('%s: the shape follows from the size of the body', async (model, body, shape) => {
  const size = body.length
  const outputs = [{ name: 'y', shape, parameters: { binary_data_size: size } }]
  expect(await send(model, body)).toMatchObject({ status: 200, json: { outputs }, data: body })
  const inflated = await send(model, gzipSync(body), { 'content-encoding': 'gzip' })
  expect(inflated).toMatchObject({ status: 200, data: body })
})

test('a text has no length before it, and its result has', async () => {
  const body = Buffer.from('é427')
  const { status, data } = await send('text', body)
  expect([status, data]).toEqual([200, Buffer.concat([Buffer.from([5, 0, 0, 0]), body])])
})

test.each([
  [
    'a part of a row',
    'identity_FP32',
    floats(4),
    "shape of input 'x', [-1,3], does not follow from a body of 16 bytes",
  ],
  ['a batch', 'batched', floats(6), "input 'x' has 24 bytes of data, expected 12"],
  ['two open axes', 'open', floats(4), '[-1,-1], does not follow from the size of the body'],
  ['texts', 'identity_BYTES', Buffer.from('abc'), 'does not follow from a body of one element of BYTES'],
  ['bytes that are not UTF-8', 'text', Buffer.from([0xff]), 'not UTF-8'],
  ['one of two inputs', 'two', floats(4), "needs a model of one input, and model 'two' has 2"],
])('refuses %s', async (_, model, body, message) => {
  const { status, json } = await send(model, body)
  expect([status, json]).toEqual([400, { error: expect.stringContaining(message) }])
})
