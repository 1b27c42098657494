// Requests that were not answered, or held what a server has: clients that leave, that send too much, or that name things at length.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { encode, GrpcClient, inferRequest } from './grpc-client.ts'
import { PORTS, writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const [OK, INVALID_ARGUMENT, NOT_FOUND] = [0, 3, 5]
const REQUEST = 'inference.ModelInferRequest'

const served = serve(
  (repository) => {
    writeIdentities(repository)
    writeModel(repository, 'slow', slowLoop())
  },
  { bodyLimit: 2 ** 20 },
)

const url = (path: string) => `http://127.0.0.1:${served.server.httpPort}${path}`
const post = async (path: string, body: object) => {
  const response = await fetch(url(path), { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as { error: string } }
}
const infer = (message: object) => served.client.call('ModelInfer', encode(REQUEST, message))

describe('a client that leaves', () => {
  const slow = (trips: number) =>
    JSON.stringify({
      inputs: [
        { name: 'trips', datatype: 'INT64', shape: [], data: [trips] },
        { name: 'x', datatype: 'FP32', shape: [96, 96], data: Array(96 * 96).fill(1) },
      ],
    })
  const begin = () => {
    const sent = httpRequest(url('/v2/models/slow/infer'), { method: 'POST' })
    sent.on('error', () => {})
    sent.end(slow(1e9))
    return sent
  }
  const failures = async () => {
    const response = await fetch(url('/v2/models/slow/stats'))
    const { model_stats } = (await response.json()) as {
      model_stats: { inference_stats: { fail: { count: number } } }[]
    }
    return model_stats[0]!.inference_stats.fail.count
  }
  const pending = async () => {
    const text = await (await fetch(`http://127.0.0.1:${served.server.metricsPort}/metrics`)).text()
    return Number(/nv_inference_pending_request_count{model="slow".*} (\d+)/.exec(text)![1])
  }

  test('ends its run in flight, and the one that is queued behind it', async () => {
    // A loop's run may be long although those before it were short.
    for (let i = 0; i < 20; ++i) await post('/v2/models/slow/infer', JSON.parse(slow(1)))
    const before = await failures()
    const [first, second] = [begin(), begin()]
    while ((await pending()) !== 1) await sleep(5)
    second.destroy()
    while ((await failures()) !== before + 1) await sleep(5)
    first.destroy()
    while ((await failures()) !== before + 2) await sleep(5)
    const metrics = await (await fetch(`http://127.0.0.1:${served.server.metricsPort}/metrics`)).text()
    expect(metrics).toContain('nv_inference_request_failure{model="slow",version="1",reason="CANCELED"} 2')
    expect((await post('/v2/models/slow/infer', JSON.parse(slow(1)))).status).toBe(200)
  })
})

test.each(['Transfer-Encoding: chunked', `Content-Length: ${17 * 2 ** 20}`])(
  'a client that sends all of a body beyond the limit before it reads gets 413: %s',
  async (header) => {
    const socket = connect(served.server.httpPort, '127.0.0.1')
    await once(socket, 'connect')
    socket.pause()
    const head = 'POST /v2/models/identity_FP32/infer HTTP/1.1\r\nHost: a\r\n'
    socket.write(`${head}${header}\r\n\r\n`)
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(2 ** 20), Buffer.from('\r\n')])
    const part = header.startsWith('C') ? Buffer.alloc(2 ** 20) : chunk
    for (let i = 0; i < 16; ++i) if (!socket.write(part)) await once(socket, 'drain')
    socket.write(header.startsWith('C') ? Buffer.alloc(2 ** 20) : '0\r\n\r\n')
    const answered = once(socket, 'data')
    socket.resume()
    const [answer] = await answered
    expect(String(answer)).toMatch(/^HTTP\/1.1 413 /)
    socket.destroy()
  },
)

test('gRPC reports errors about names of any length, and serves on', async () => {
  for (const name of ['n'.repeat(500_000), '€'.repeat(300_000), '\n'.repeat(5000)]) {
    const { code, message } = await infer({ model_name: name })
    expect(code).toBe(NOT_FOUND)
    expect(message).toMatch(/^Request for unknown model: '.*…$/s)
    expect(message.length).toBeLessThanOrEqual(4097)
    const unknown = { ...inferRequest([1, 2, 3]), inputs: [{ name, datatype: 'FP32', shape: [1, 3] }] }
    expect((await infer(unknown)).code).toBe(INVALID_ARGUMENT)
    const metadata = encode('inference.ModelMetadataRequest', { name })
    expect((await served.client.call('ModelMetadata', metadata)).code).toBe(NOT_FOUND)
  }
  expect((await infer(inferRequest([1, 2, 3]))).code).toBe(OK)
})

test('a watcher of an unknown service does not keep the server from stopping', async () => {
  const one = await createServer({ modelRepository: served.repository, ...PORTS, exitTimeoutMs: 2 ** 31 - 1 })
  const other = new GrpcClient(one.grpcPort)
  const watcher = other.watch('none')
  await once(watcher, 'data')
  const ended = once(watcher, 'error')
  await one.close()
  expect(await ended).toMatchObject([{ code: NOT_FOUND }])
  other.close()
})

test('half of a surrogate pair is refused, because UTF-8 would replace it', async () => {
  const inputs = [{ name: 'x', datatype: 'BYTES', shape: [1, 3], data: ['a', '\ud800', 'b'] }]
  const { status, body } = await post('/v2/models/identity_BYTES/infer', { inputs })
  expect([status, body.error]).toEqual([400, expect.stringContaining('surrogate pair')])
})

test('the longest timeout is one, and a longer one is refused', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }]
  const send = async (timeout: number) =>
    (await post('/v2/models/identity_FP32/infer', { parameters: { timeout }, inputs })).status
  expect(await send(2_147_483_647_000)).toBe(200)
  expect(await send(2_147_483_647_001)).toBe(400)
})

test('a response is not compressed for a client that gives gzip no quality', async () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }]
  for (const quality of ['0', '0.0', '0.000']) {
    const headers = { 'accept-encoding': `gzip;q=${quality}` }
    const init = { method: 'POST', headers, body: JSON.stringify({ inputs }) }
    expect(
      (await fetch(url('/v2/models/identity_FP32/infer'), init)).headers.get('content-encoding'),
    ).toBeNull()
  }
})

describe('gRPC refuses', () => {
  const field = (number: number, wireType: number, ...bytes: number[]) => [number * 8 + wireType, ...bytes]
  const message = (number: number, bytes: readonly number[]) => field(number, 2, bytes.length, ...bytes)
  const text = (number: number, text: string) => message(number, [...Buffer.from(text)])
  const x = [...text(1, 'x'), ...text(2, 'FP32')]
  const floats = message(7, Array(12).fill(0))
  const request = (input: number[], more: number[] = floats) =>
    Buffer.from([...text(1, 'identity_FP32'), ...message(5, [...x, ...input]), ...more])
  const shape = message(3, [1, 3])

  test.each([
    ['a packed size that continues behind its field', request([...message(3, [1, 0x83]), 0])],
    ['a shape of fixed numbers', request(field(3, 5, 1, 3, 0, 0))],
    [
      'a parameter of another wire type',
      request(shape, [...floats, ...message(4, [...text(1, 'a'), ...message(2, field(1, 5, 1, 0, 0, 0))])]),
    ],
    [
      'a packed element that continues behind its field',
      Buffer.from([
        ...text(1, 'identity_INT32'),
        ...message(5, [
          ...text(1, 'x'),
          ...text(2, 'INT32'),
          ...shape,
          ...message(5, [18, 3, 1, 2, 0x83, 0]),
        ]),
      ]),
    ],
  ])('%s', async (_, bytes) => {
    expect((await served.client.call('ModelInfer', bytes)).code).toBe(INVALID_ARGUMENT)
  })

  test('nothing where the same messages are valid', async () => {
    expect((await served.client.call('ModelInfer', request(shape))).code).toBe(OK)
    expect(
      (await served.client.call('ModelInfer', request([...field(3, 0, 1), ...field(3, 0, 3)]))).code,
    ).toBe(OK)
  })
})
