import { once } from 'node:events'
import { connect } from 'node:net'
import { Metadata } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { randomNumbers } from '../../test/helpers/library.mjs'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { decode, encode, GrpcClient, inferRequest } from './grpc-client.ts'
import { PORTS, writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const FACTOR = Number(process.env.TEST_SERVER_FACTOR ?? 1)
const LONG = 120_000 * Math.max(1, FACTOR / 4)
const BODY_LIMIT = 64 * 1024
const [OK, CANCELLED, INVALID_ARGUMENT, NOT_FOUND, EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE] = [
  0, 1, 3, 5, 8, 12, 13, 14,
]
const REQUEST = 'inference.ModelInferRequest'

const served = serve(
  (repository) => {
    writeIdentities(repository)
    writeModel(repository, 'slow', slowLoop())
  },
  { bodyLimit: BODY_LIMIT },
)

const infer = (message: object) => served.client.call('ModelInfer', encode(REQUEST, message))

describe('refuses', () => {
  const raw = (count: number) => Array(count).fill(Buffer.alloc(12))
  const input = { name: 'x', datatype: 'FP32', shape: [1, 3] }
  test.each([
    ['no inputs', { model_name: 'identity_FP32' }, INVALID_ARGUMENT],
    ['no contents', inferRequest([1, 2, 3], { raw_input_contents: [] }), INVALID_ARGUMENT],
    ['raw contents for one of two', inferRequest([1, 2, 3], { inputs: [input, input] }), INVALID_ARGUMENT],
    [
      'an input twice',
      inferRequest([], { inputs: [input, input], raw_input_contents: raw(2) }),
      INVALID_ARGUMENT,
    ],
    [
      'both raw and typed contents',
      inferRequest([1, 2, 3], { inputs: [{ ...input, contents: { fp32_contents: [1] } }] }),
      INVALID_ARGUMENT,
    ],
    [
      'a negative size',
      inferRequest([1, 2, 3], { inputs: [{ ...input, shape: [-1, 3] }] }),
      INVALID_ARGUMENT,
    ],
    [
      'a shape beyond all memory',
      inferRequest([1, 2, 3], { inputs: [{ ...input, shape: [2 ** 40, 2 ** 40] }] }),
      INVALID_ARGUMENT,
    ],
    [
      'typed contents for a shape beyond all memory',
      inferRequest([], {
        inputs: [{ ...input, shape: [2 ** 40, 3], contents: { fp32_contents: [1] } }],
        raw_input_contents: [],
      }),
      INVALID_ARGUMENT,
    ],
    [
      'sizes without number',
      inferRequest([1], { inputs: [{ ...input, shape: Array(65).fill(1) }] }),
      INVALID_ARGUMENT,
    ],
    ['inputs without number', inferRequest([1, 2, 3], { inputs: Array(1025).fill({}) }), INVALID_ARGUMENT],
    [
      'parameters without number',
      inferRequest([1, 2, 3], {
        parameters: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, { bool_param: true }])),
      }),
      INVALID_ARGUMENT,
    ],
    ['a long id', inferRequest([1, 2, 3], { id: 'x'.repeat(1025) }), INVALID_ARGUMENT],
    ['an unknown model', inferRequest([1, 2, 3], { model_name: '__proto__' }), NOT_FOUND],
    [
      'a shared memory region',
      inferRequest([1, 2, 3], {
        inputs: [{ ...input, parameters: { shared_memory_region: { string_param: 'a' } } }],
      }),
      UNIMPLEMENTED,
    ],
    [
      'classification',
      inferRequest([1, 2, 3], {
        outputs: [{ name: 'y', parameters: { classification: { int64_param: 1 } } }],
      }),
      UNIMPLEMENTED,
    ],
    [
      'a timeout that is none',
      inferRequest([1, 2, 3], { parameters: { timeout: { int64_param: -1 } } }),
      INVALID_ARGUMENT,
    ],
    ['a message beyond the limit', inferRequest(Array(BODY_LIMIT).fill(1)), EXHAUSTED],
  ])('%s', async (_, message, code) => {
    const answer = await infer(message)
    expect([answer.code, answer.message !== '']).toEqual([code, true])
  })

  test('a message that is beyond the limit when it is inflated', async () => {
    const metadata = new Metadata()
    metadata.set('grpc-internal-encoding-request', 'gzip')
    const message = encode(REQUEST, inferRequest(Array(BODY_LIMIT * 3).fill(0)))
    expect(await served.client.call('ModelInfer', message, metadata)).toMatchObject({ code: EXHAUSTED })
  })

  test('bytes that are not a message', async () => {
    for (const method of ['ModelInfer', 'ModelReady', 'RepositoryIndex', '/grpc.health.v1.Health/Check'])
      expect(await served.client.call(method, Buffer.from([0x0a, 0xff]))).toMatchObject({
        code: INVALID_ARGUMENT,
      })
    expect(await served.client.call('None', Buffer.alloc(0))).toMatchObject({ code: UNIMPLEMENTED })
  })
})

test('survives malformed messages, each with an answer of the client', { timeout: LONG }, async () => {
  const random = randomNumbers(11)
  const below = (n: number) => Math.floor(random() * n)
  const typed = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], contents: { fp32_contents: [1, 2, 3] } }],
    raw_input_contents: [],
    parameters: { timeout: { int64_param: 10_000_000 } },
  }
  const seeds = [inferRequest([1, 2, 3]), inferRequest([1, 2, 3], typed)].map((one) => encode(REQUEST, one))
  for (let i = 0; i < 100 * FACTOR; ++i) {
    const bytes = Buffer.from(seeds[i % 2]!)
    for (let k = 0; k <= below(4); ++k) bytes[below(bytes.length)] = below(256)
    const cut = below(3) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes
    const { code } = await served.client.call('ModelInfer', cut)
    expect([OK, INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED]).toContain(code)
  }
  expect(await infer(inferRequest([1, 2, 3]))).toMatchObject({ code: OK })
})

test('survives connections of noise on both ports', { timeout: LONG }, async () => {
  const random = randomNumbers(13)
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  for (let i = 0; i < 8 * FACTOR; ++i) {
    const noise = Buffer.from(Array.from({ length: 200 }, () => Math.floor(random() * 256)))
    const socket = connect(i % 2 === 0 ? served.server.grpcPort : served.server.httpPort, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(i % 4 === 0 ? Buffer.concat([preface, noise]) : noise)
    socket.resume()
    await once(socket, 'close')
  }
  expect(await infer(inferRequest([1, 2, 3]))).toMatchObject({ code: OK })
})

const slow = encode(REQUEST, {
  model_name: 'slow',
  inputs: [
    { name: 'trips', datatype: 'INT64', shape: [], contents: { int64_contents: [1e9] } },
    { name: 'x', datatype: 'FP32', shape: [96, 96], contents: { fp32_contents: Array(96 * 96).fill(1) } },
  ],
})

test('a run ends when the stream of its client is cancelled', async () => {
  const stats = async () => {
    const { bytes } = await served.client.call(
      'ModelStatistics',
      encode('inference.ModelStatisticsRequest', { name: 'slow' }),
    )
    const response: { model_stats: { inference_stats: { fail: { count: number } } }[] } = decode(
      'inference.ModelStatisticsResponse',
      bytes!,
    )
    return response.model_stats[0]!.inference_stats.fail.count
  }
  const stream = served.client.stream()
  const failed = once(stream, 'error')
  stream.write(slow)
  await new Promise((resolve) => setTimeout(resolve, 200))
  stream.cancel()
  expect(await failed).toMatchObject([{ code: CANCELLED }])
  while ((await stats()) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('health: known services, and those that do not exist', async () => {
  const check = async (service: string) => {
    const request = encode('grpc.health.v1.HealthCheckRequest', { service })
    return served.client.call('/grpc.health.v1.Health/Check', request)
  }
  for (const service of ['', 'inference.GRPCInferenceService']) {
    const { bytes } = await check(service)
    expect(decode('grpc.health.v1.HealthCheckResponse', bytes!)).toEqual({ status: 'SERVING' })
  }
  expect(await check('none')).toMatchObject({ code: NOT_FOUND })
})

test('while it drains it reports that, serves, ends streams behind their answers, then GOAWAY', async () => {
  const one = await createServer({ modelRepository: served.repository, ...PORTS, drainMs: 3_600_000 })
  const other = new GrpcClient(one.grpcPort)
  const watcher = other.watch('')
  const states: string[] = []
  watcher.on('data', (bytes) =>
    states.push((decode('grpc.health.v1.HealthCheckResponse', bytes) as { status: string }).status),
  )
  const unknown = other.watch('none')
  const [first] = await once(unknown, 'data')
  expect(decode('grpc.health.v1.HealthCheckResponse', first)).toEqual({ status: 'SERVICE_UNKNOWN' })
  unknown.on('error', () => {})
  unknown.cancel()
  while (states.length === 0) await once(watcher, 'data')
  const stream = other.stream()
  const answers: Buffer[] = []
  stream.on('data', (answer) => answers.push(answer))
  stream.write(encode(REQUEST, inferRequest([1, 2, 3], { id: 'first' })))
  await once(stream, 'data')
  const watched = once(watcher, 'error')
  const ended = once(stream, 'end')
  const closed = one.close()
  const ready = await other.call('ServerReady', Buffer.alloc(0))
  expect(decode('inference.ServerReadyResponse', ready.bytes!)).toEqual({ ready: false })
  const model = await other.call(
    'ModelReady',
    encode('inference.ModelReadyRequest', { name: 'identity_FP32' }),
  )
  expect(decode('inference.ModelReadyResponse', model.bytes!)).toEqual({ ready: false })
  expect(await other.call('ModelInfer', encode(REQUEST, inferRequest([1, 2, 3])))).toMatchObject({ code: OK })
  stream.write(encode(REQUEST, inferRequest([4, 5, 6], { id: 'second' })))
  await once(stream, 'data')
  void one.close({ now: true })
  await Promise.all([closed, watched, ended])
  expect(states).toEqual(['SERVING', 'NOT_SERVING'])
  expect(answers).toHaveLength(2)
  expect(await other.call('ServerLive', Buffer.alloc(0))).toMatchObject({ code: UNAVAILABLE })
  other.close()
})

test('a run that does not end keeps the server from stopping no longer than the exit timeout', async () => {
  const one = await createServer({ modelRepository: served.repository, ...PORTS, exitTimeoutMs: 200 })
  const other = new GrpcClient(one.grpcPort)
  const answer = other.call('ModelInfer', slow)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await one.close()
  expect([CANCELLED, INTERNAL, UNAVAILABLE]).toContain((await answer).code)
  other.close()
})
