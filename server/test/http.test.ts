import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { randomNumbers } from '../../test/helpers/library.mjs'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { PORTS, writeIdentities, writeModel } from './models.ts'
import { serve } from './served.ts'

const FACTOR = Number(process.env.TEST_SERVER_FACTOR ?? 1)
const LONG = 120_000 * Math.max(1, FACTOR / 4)
const BODY_LIMIT = 64 * 1024

const served = serve(
  (repository) => {
    writeIdentities(repository)
    writeModel(repository, 'slow', slowLoop())
  },
  { bodyLimit: BODY_LIMIT, maxQueueSize: 2 },
)

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function send(path: string, init: RequestInit = {}, port = served.server.httpPort): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(path, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as never) : JSON.stringify(body),
    headers,
  })

const x = (data: unknown, shape: unknown = [1, 3], more = {}) => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape, data, ...more }],
})

const INFER = '/v2/models/identity_FP32/infer'

test('answers JSON, flat and nested', async () => {
  for (const data of [[1, 2, 3], [[1, 2, 3]]]) {
    const { status, text, headers } = await post(INFER, x(data))
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(JSON.parse(text)).toEqual({
      model_name: 'identity_FP32',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }],
    })
  }
})

test('JSON has the sign of zero, which Python reads of floats alone', async () => {
  const body = JSON.stringify(x([0, 1, 1.5])).replace('[0,1,1.5]', '[-0.0,1,1.5]')
  const { text } = await post(INFER, body)
  expect(text).toContain('"data":[-0.0,1,1.5]')
  expect(JSON.parse(text).outputs[0].data).toEqual([-0, 1, 1.5])
})

describe('refuses', () => {
  test.each([
    ['a body that is not JSON', 'x', 400],
    ['no body', '', 400],
    ['an array', [], 400],
    ['no inputs', {}, 400],
    ['no input', { inputs: [] }, 400],
    ['a missing element', x([1, 2]), 400],
    ['an element too many', x([1, 2, 3, 4]), 400],
    ['a text for a number', x([1, 2, '3']), 400],
    ['a shape that is none', x([1, 2, 3], '3'), 400],
    ['a negative size', x([1, 2, 3], [-1, 3]), 400],
    ['a shape beyond all memory', x([1], [2 ** 40, 2 ** 40]), 400],
    ['sizes without number', x([1, 2, 3], Array(65).fill(1)), 400],
    ['another rank', x([1, 2, 3], [3]), 400],
    [
      'an unknown datatype',
      { inputs: [{ name: 'x', datatype: 'FP33', shape: [1, 3], data: [1, 2, 3] }] },
      400,
    ],
    ['binary data that is not there', x(undefined, [1, 3], { parameters: { binary_data_size: 12 } }), 400],
    ['a shared memory region', x(undefined, [1, 3], { parameters: { shared_memory_region: 'a' } }), 501],
    ['an input twice', { inputs: [...x([1, 2, 3]).inputs, ...x([1, 2, 3]).inputs] }, 400],
    ['an unknown output', { ...x([1, 2, 3]), outputs: [{ name: 'z' }] }, 400],
    ['classification', { ...x([1, 2, 3]), outputs: [{ name: 'y', parameters: { classification: 1 } }] }, 501],
    ['a sequence', { ...x([1, 2, 3]), parameters: { sequence_id: 1 } }, 501],
    ['a timeout that is none', { ...x([1, 2, 3]), parameters: { timeout: -1 } }, 400],
    ['data that is nested without end', `${'['.repeat(1000)}${']'.repeat(1000)}`, 400],
    ['data nested deeper than a shape', x(JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`)), 400],
  ])('%s', async (_, body, status) => {
    const answer = await post(INFER, body)
    expect([answer.status, Object.keys(JSON.parse(answer.text))]).toEqual([status, ['error']])
  })

  test.each([
    ['a header length beyond the body', { 'inference-header-content-length': '9999' }, 400],
    ['a header length that is none', { 'inference-header-content-length': '1e3' }, 400],
    ['an unknown encoding', { 'content-encoding': 'br' }, 415],
    ['a body that is not gzip', { 'content-encoding': 'gzip' }, 400],
  ])('%s', async (_, headers, status) => {
    expect((await post(INFER, x([1, 2, 3]), headers)).status).toBe(status)
  })

  test('a body beyond the limit, also after it is inflated', async () => {
    const large = JSON.stringify(x(Array(BODY_LIMIT).fill(1)))
    expect((await post(INFER, large)).status).toBe(413)
    expect((await post(INFER, gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(413)
  })

  test.each(['1e39', '-1e39', '1e400'])('the number %s, which would be infinite', async (number) => {
    const body = JSON.stringify({ ...x([1, 2, 3]), parameters: { binary_data_output: true } })
    const { status, text } = await post(INFER, body.replace('[1,2,3]', `[1,2,${number}]`))
    expect([status, text]).toEqual([
      400,
      expect.stringContaining("input 'x' has an element beyond the range"),
    ])
  })

  test.each(['NaN', '-Infinity', 'null', '1e400'])(
    'the element %s, which JSON does not have',
    async (one) => {
      const { status, text } = await post(INFER, JSON.stringify(x([1, 2, 3])).replace('3]}', `${one}]}`))
      expect([status, text]).toEqual([400, expect.stringContaining('as binary data')])
    },
  )

  test('a result of NaN in JSON, and sends it as binary data', async () => {
    const bytes = Buffer.from(Float32Array.of(1, Number.NaN, -Infinity).buffer)
    const ask = (binary_data_output: boolean) => {
      const input = x(undefined, [1, 3], { parameters: { binary_data_size: 12 } })
      const header = JSON.stringify({ ...input, parameters: { binary_data_output } })
      const length = { 'inference-header-content-length': String(header.length) }
      return post(INFER, Buffer.concat([Buffer.from(header), bytes]), length)
    }
    expect(await ask(false)).toMatchObject({
      status: 400,
      text: expect.stringContaining('binary_data: true'),
    })
    expect((await ask(true)).status).toBe(200)
  })

  test('a body of chunks beyond the limit, and answers one within it', async () => {
    const chunked = async function* (count: number) {
      const body = Buffer.from(JSON.stringify(x([1, 2, 3])))
      yield body.subarray(0, 20)
      yield body.subarray(20)
      for (let i = 0; i < count; ++i) yield Buffer.alloc(1024, ' ')
    }
    const send = (count: number) =>
      fetch(`http://127.0.0.1:${served.server.httpPort}${INFER}`, {
        method: 'POST',
        body: chunked(count) as never,
        duplex: 'half',
      } as RequestInit)
    expect((await send(2)).status).toBe(200)
    expect((await send((BODY_LIMIT / 1024) * 2).catch(() => ({ status: 413 }))).status).toBe(413)
    expect((await send(2)).status).toBe(200)
  })

  test.each([
    '/',
    '/v2/models',
    '/v2/models/none',
    '/v2/models/identity_FP32/versions/2',
    '/v2/models/..%2f..%2fetc/config',
    '/v2/models/__proto__',
  ])('the path %s', async (path) => {
    expect((await send(path)).status).toBe(404)
  })
})

test('ends a request at its deadline (504), and refuses one too many (503)', async () => {
  const body = (trips: number, timeout?: number) => ({
    inputs: [
      { name: 'trips', datatype: 'INT64', shape: [], data: [trips] },
      { name: 'x', datatype: 'FP32', shape: [96, 96], data: Array(96 * 96).fill(1) },
    ],
    ...(timeout !== undefined && { parameters: { timeout } }),
  })
  const path = '/v2/models/slow/infer'
  expect((await post(path, body(1e9, 20_000))).status).toBe(504)
  const all = await Promise.all([1, 2, 3].map(() => post(path, body(1e9, 300_000))))
  expect(all.map(({ status }) => status).sort()).toEqual([503, 504, 504])
  expect((await post(path, body(1))).status).toBe(200)
})

test('survives malformed requests, each with an answer of the client', { timeout: LONG }, async () => {
  const random = randomNumbers(7)
  const below = (n: number) => Math.floor(random() * n)
  const header = Buffer.from(JSON.stringify(x(undefined, [1, 3], { parameters: { binary_data_size: 12 } })))
  const good = Buffer.concat([header, Buffer.alloc(12)])
  for (let i = 0; i < 100 * FACTOR; ++i) {
    const bytes = Buffer.from(good)
    for (let k = 0; k <= below(4); ++k) bytes[below(bytes.length)] = below(256)
    const cut = below(3) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes
    const length = String(below(4) === 0 ? below(2 * good.length) : header.length)
    const { status } = await post(INFER, cut, { 'inference-header-content-length': length })
    expect([200, 400, 501]).toContain(status)
  }
  expect((await send('/v2/health/live')).status).toBe(200)
})

test('survives requests of JSON whose parts are replaced', { timeout: LONG }, async () => {
  const random = randomNumbers(9)
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const nested = JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`)
  const values = [
    ...[null, true, -1, 0, 1.5, 2 ** 53, 1e308, '', 'x', '\u0000', '__proto__', 'constructor'],
    ...[[], {}, [null], [[]], { __proto__: null }, JSON.parse('{"__proto__":{"data":1}}'), nested],
  ]
  const replaced = (value: unknown): unknown => {
    if (random() < 0.08) return one(values)
    if (Array.isArray(value)) return random() < 0.1 ? [...value, one(values)] : value.map(replaced)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, its]) => [key, replaced(its)])
    if (random() < 0.1) entries.push([one(['id', 'data', 'parameters', 'outputs', '__proto__']), one(values)])
    return Object.fromEntries(entries.filter(() => random() > 0.04))
  }
  const body = {
    id: '1',
    ...x([[1, 2, 3]], [1, 3], { parameters: { content_type: 'x' } }),
    outputs: [{ name: 'y', parameters: { binary_data: false } }],
    parameters: { timeout: 10_000_000, priority: 1, binary_data_output: false },
  }
  for (let i = 0; i < 100 * FACTOR; ++i) {
    const { status } = await post(INFER, replaced(body) ?? '')
    expect([200, 400, 501, 503, 504]).toContain(status)
  }
  expect((await post(INFER, body)).status).toBe(200)
})

test('serves while it drains, not ready, and asks clients to leave', async () => {
  const one = await createServer({ modelRepository: served.repository, ...PORTS, drainMs: 3_600_000 })
  const closed = one.close()
  const { status, headers } = await send(
    INFER,
    { method: 'POST', body: JSON.stringify(x([1, 2, 3])) },
    one.httpPort,
  )
  expect([status, headers.get('connection')]).toEqual([200, 'close'])
  expect((await send('/v2/health/ready', {}, one.httpPort)).status).toBe(400)
  void one.close({ now: true })
  await closed
  await expect(send('/v2/health/live', {}, one.httpPort)).rejects.toThrow()
})
