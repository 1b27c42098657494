// What clients send beside plain requests, answered as Triton does: other methods, odd headers, absent fields, odd paths.
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { constant, identity } from '../../test/helpers/model-builder.mjs'
import { decode, encode } from './grpc-client.ts'
import { writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const served = serve((repository) => {
  writeIdentities(repository)
  const fixed = (max: number, dims: number[]) =>
    `max_batch_size: ${max} input [ { name: "x" data_type: TYPE_FP32 dims: [ ${dims} ] } ]`
  writeModel(repository, 'fixed', identity('float32', ['n', 'm']), fixed(0, [2, 5]))
  writeModel(repository, 'fixed_rows', identity('float32', ['n', 'm']), fixed(4, [5]))
  writeModel(repository, 'constant', constant())
})
const MODEL = '/v2/models/identity_FP32'
const INFER = `${MODEL}/infer`

const send = (path: string, init: RequestInit = {}, port = served.server.httpPort) =>
  fetch(`http://127.0.0.1:${port}${path}`, init)

const input = { name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }
const post = (body: unknown, headers: Record<string, string> = {}) =>
  send(INFER, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })

test.each([
  ['OPTIONS', '/v2/health/live', 'GET, HEAD'],
  ['POST', '/v2/health/ready', 'GET, HEAD'],
  ['POST', '/v2', 'GET, HEAD'],
  ['DELETE', MODEL, 'GET, HEAD'],
  ['PUT', `${MODEL}/versions/1`, 'GET, HEAD'],
  ['GET', INFER, 'POST'],
  ['PUT', INFER, 'POST'],
  ['GET', `${MODEL}/versions/1/infer`, 'POST'],
  ['GET', '/v2/repository/index', 'POST'],
])('%s of %s is 405, with the methods that there are', async (method, path, allow) => {
  const response = await send(path, { method, ...(method === 'PUT' && { body: '{}' }) })
  expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  expect(await response.json()).toEqual({ error: 'Method Not Allowed' })
})

test.each(['/v2/health/live', '/v2/health/ready', MODEL, '/v2'])('HEAD of %s is 200', async (path) => {
  const response = await send(path, { method: 'HEAD' })
  expect([response.status, await response.text()]).toEqual([200, ''])
})

test.each([
  ['fixed', [2, 5], [-1, -1]],
  ['fixed_rows', [-1, 5], [-1, -1]],
])('the metadata of %s have the dimensions of config.pbtxt', async (name, input, output) => {
  expect(await (await send(`/v2/models/${name}`)).json()).toMatchObject({
    inputs: [{ name: 'x', datatype: 'FP32', shape: input }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: output }],
  })
})

test('metrics have HEAD, and no other methods', async () => {
  const port = served.server.metricsPort
  expect((await send('/metrics', { method: 'HEAD' }, port)).status).toBe(200)
  expect((await send('/metrics', { method: 'POST' }, port)).status).toBe(405)
  expect((await send('/none', {}, port)).status).toBe(404)
})

test.each([
  ['a trailing slash', `${MODEL}/`, 404],
  ['another version', `${MODEL}/versions/9`, 404],
  ['a version that is none', `${MODEL}/versions/x/ready`, 404],
  ['another model', '/v2/models/none/ready', 404],
  ['a name that is too long', `/v2/models/${'a'.repeat(200)}`, 404],
  ['a name that is not UTF-8', '/v2/models/%ff', 400],
  ['log settings', '/v2/logging', 501],
  ["a model's trace settings", `${MODEL}/trace/setting`, 501],
])('a path with %s has its status, and an error alone', async (_, path, status) => {
  const response = await send(path)
  expect([response.status, await response.json()]).toEqual([status, { error: expect.any(String) }])
})

test.each([
  ['no list of outputs', { inputs: [input], outputs: null }],
  ['an empty list of outputs', { inputs: [input], outputs: [] }],
  ['absent fields as null', { id: null, parameters: null, inputs: [{ ...input, parameters: null }] }],
  ['a size of binary data that is null', { inputs: [{ ...input, parameters: { binary_data_size: null } }] }],
  ['parameters of nobody', { inputs: [input], parameters: { a: 1, b: 'c', priority: 0, timeout: 0 } }],
])('%s gets all outputs', async (_, body) => {
  const response = await post(body)
  expect(await response.json()).toEqual({
    model_name: 'identity_FP32',
    model_version: '1',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }],
  })
})

test.each([['text/plain'], ['application/json; charset=utf-8'], ['x'], ['a/b/c; ;']])(
  'the content type %s is not read',
  async (type) => {
    expect((await post({ inputs: [input] }, { 'content-type': type })).status).toBe(200)
  },
)

test('the name of an encoding has no case', async () => {
  expect((await post('x', { 'content-encoding': 'GZIP' })).status).toBe(400)
  expect((await post({ inputs: [input] }, { 'content-encoding': 'Identity' })).status).toBe(200)
  expect((await post('x', { 'content-encoding': 'br' })).status).toBe(415)
})

test.each([
  ['headers that are too large', `GET /v2 HTTP/1.1\r\nA: ${'a'.repeat(2 ** 17)}\r\n\r\n`, 431],
  ['noise', 'noise\r\n\r\n', 400],
  ['two lengths', `POST ${INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
  [
    'a chunk without a size',
    `POST ${INFER} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n`,
    400,
  ],
])('what is not a request, %s, has its status, and an error alone', async (_, bytes, status) => {
  const socket = connect(served.server.httpPort, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(bytes)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  await once(socket, 'close')
  const [head, body] = answer.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(JSON.parse(body!)).toEqual({ error: expect.any(String) })
})

test('an empty encoding is none', async () => {
  expect((await post({ inputs: [input] }, { 'content-encoding': '' })).status).toBe(200)
})

test.each([
  ['gzip, deflate', 'gzip'],
  ['deflate;q=0.5, gzip;q=1', 'gzip'],
  ['gzip;q=0.5, deflate', 'deflate'],
  ['GZIP', 'gzip'],
  ['identity;q=1, gzip;q=0.5', null],
  ['gzip;q=0, br', null],
  ['gzip;q=x', null],
])('a client that accepts %s gets its preference', async (accepted, expected) => {
  const response = await post({ inputs: [input] }, { 'accept-encoding': accepted })
  expect(response.headers.get('content-encoding')).toBe(expected)
  expect(await response.json()).toMatchObject({ outputs: [{ data: [1, 2, 3] }] })
})

test('a model without inputs runs, over both protocols', async () => {
  const body = JSON.stringify({ inputs: [] })
  const response = await send('/v2/models/constant/infer', { method: 'POST', body })
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { outputs: [{ name: 'y', datatype: 'FP32', shape: [2], data: [1, 2] }] },
  ])
  const request = encode('inference.ModelInferRequest', { model_name: 'constant' })
  const { code, bytes } = await served.client.call('ModelInfer', request)
  expect(code).toBe(0)
  expect(decode('inference.ModelInferResponse', bytes!)).toMatchObject({
    raw_output_contents: [Buffer.from(Float32Array.of(1, 2).buffer)],
  })
  expect((await post({ inputs: [] })).status).toBe(400)
})
