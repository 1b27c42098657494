import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test, vi } from 'vitest'
import { lessLargest, lookup } from '../../test/helpers/batch-models.mjs'
import { identity, mlp } from '../../test/helpers/model-builder.mjs'
import { dataType } from '../dist/datatypes.js'
import { Model } from '../dist/model.js'
import { decode, encode } from './grpc-client.ts'
import { writeModel } from './models.ts'
import { serve } from './served.ts'

const BATCHED = 'max_batch_size: 8 dynamic_batching { }'

const served = serve((repository) => {
  writeModel(repository, 'mlp', mlp(), BATCHED)
  writeModel(repository, 'lookup', lookup(), BATCHED)
  writeModel(repository, 'strings', identity('string', ['n', 2]), BATCHED)
  writeModel(repository, 'square', identity('float32', ['n', 'a', 'b']), BATCHED)
  writeModel(repository, 'bfloat16', identity('bfloat16', ['n', 2]), BATCHED)
  writeModel(
    repository,
    'instances',
    mlp(),
    `${BATCHED} instance_group [ { count: 2 kind: KIND_CPU } ]
     parameters { key: "intra_op_thread_count" value { string_value: "1" } }`,
  )
  writeModel(
    repository,
    'waits',
    identity('float32', ['n', 1]),
    `max_batch_size: 4
     dynamic_batching {
       preferred_batch_size: [ 2 ] max_queue_delay_microseconds: 60000000
       priority_levels: 2 default_priority_level: 2
       default_queue_policy { default_timeout_microseconds: 2000000 allow_timeout_override: true max_queue_size: 3 }
     }`,
  )
  writeModel(
    repository,
    'tolerant',
    lessLargest(),
    `${BATCHED} parameters { key: "verify_tolerance" value { string_value: "1e9" } }`,
  )
})

const url = (path: string) => `http://127.0.0.1:${served.server.httpPort}/v2/models/${path}`

async function json(path: string, body?: object): Promise<{ status: number; body: never }> {
  const response = await fetch(url(path), body && { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as never }
}

const infer = (model: string, name: string, datatype: string, shape: number[], data: unknown[], more = {}) =>
  json(`${model}/infer`, { inputs: [{ name, datatype, shape, data }], ...more })

interface Stats {
  readonly inference_count: number
  readonly execution_count: number
  readonly batch_stats: readonly { readonly batch_size: number }[]
  readonly inference_stats: Readonly<Record<string, { readonly count: number; readonly ns: number }>>
}

async function stats(model: string): Promise<Stats> {
  const { body } = await json(`${model}/stats`)
  return (body as { model_stats: [Stats] }).model_stats[0]
}

test.each(['mlp', 'instances'])(
  '%s: requests of one and of many rows go together, each with its own bits',
  async (model) => {
    await using session = await InferenceSession.create(mlp())
    const row = (i: number) => new Float32Array(128).map((_, k) => Math.sin(i * 31 + k))
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const rows = 1 + (i % 3)
        const x = Float32Array.from(Array.from({ length: rows }, (_, r) => [...row(i + r)]).flat())
        const { code, message, bytes } = await served.client.call(
          'ModelInfer',
          encode('inference.ModelInferRequest', {
            model_name: model,
            inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 128] }],
            raw_input_contents: [Buffer.from(x.buffer)],
          }),
        )
        expect([code, message]).toEqual([0, ''])
        return decode('inference.ModelInferResponse', bytes!) as {
          outputs: { shape: number[] }[]
          raw_output_contents: Buffer[]
        }
      }),
    )
    for (const [i, { outputs, raw_output_contents }] of answers.entries()) {
      const rows = 1 + (i % 3)
      expect(outputs[0]!.shape[0]).toBe(rows)
      const alone: Buffer[] = []
      for (let r = 0; r < rows; ++r) {
        const { y } = await session.run({ x: new Tensor('float32', row(i + r), [1, 128]) })
        alone.push(Buffer.from((y as Tensor & { data: Float32Array }).data.buffer))
      }
      expect(raw_output_contents[0]!.equals(Buffer.concat(alone))).toBe(true)
    }
    const { inference_count, execution_count, batch_stats, inference_stats } = await stats(model)
    expect(inference_count).toBe(79)
    expect(execution_count).toBeLessThan(79)
    expect(batch_stats.some(({ batch_size }) => batch_size > 1)).toBe(true)
    expect(inference_stats).toMatchObject({
      success: { count: 40 },
      fail: { count: 0 },
      queue: { count: 79 },
    })
  },
)

test('rows of other shapes go apart, also those of several dynamic axes', async () => {
  const lengths = [1, 2, 3, 1, 2, 3]
  const answers = await Promise.all(
    lengths.map((length) => infer('lookup', 'ids', 'INT64', [1, length], Array(length).fill(1))),
  )
  for (const [i, { status, body }] of answers.entries()) {
    const { outputs } = body as { outputs: { shape: number[] }[] }
    expect([status, outputs[0]!.shape]).toEqual([200, [1, lengths[i], 2]])
  }
  const shapes = [
    [1, 2, 3],
    [2, 3, 2],
    [1, 6, 1],
    [1, 0, 6],
  ]
  for (const shape of shapes) {
    const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i)
    const { status, body } = await infer('square', 'x', 'FP32', shape, data)
    expect([status, body]).toMatchObject([200, { outputs: [{ shape, data }] }])
  }
})

test('strings, and bits of floats', async () => {
  const { body } = await infer('strings', 'x', 'BYTES', [2, 2], ['a', 'é', '', 'd'])
  expect(body).toMatchObject({ outputs: [{ shape: [2, 2], data: ['a', 'é', '', 'd'] }] })
  const raw = Buffer.from([0x80, 0x3f, 0x00, 0x40, 0x00, 0xc0, 0x80, 0xbf])
  const { bytes } = await served.client.call(
    'ModelInfer',
    encode('inference.ModelInferRequest', {
      model_name: 'bfloat16',
      inputs: [{ name: 'x', datatype: 'BF16', shape: [2, 2] }],
      raw_input_contents: [raw],
    }),
  )
  expect(decode('inference.ModelInferResponse', bytes!)).toMatchObject({ raw_output_contents: [raw] })
})

test('the queue policy: a preferred size goes at once, others end at their deadline, one too many is refused', async () => {
  const send = (x: number, parameters = {}) => infer('waits', 'x', 'FP32', [1, 1], [x], { parameters })
  const pair = await Promise.all([send(1), send(2, { priority: 1 })])
  expect(pair.map(({ body }) => (body as { outputs: [{ data: number[] }] }).outputs[0].data[0])).toEqual([
    1, 2,
  ])
  expect((await send(3)).status).toBe(504)
  expect((await send(3, { timeout: 1000 })).status).toBe(504)
  const rows = await Promise.all(
    [1, 2, 3, 4].map((rows) => infer('waits', 'x', 'FP32', [rows, 1], Array(rows).fill(rows))),
  )
  expect(rows.filter(({ status }) => status === 503)).toHaveLength(1)
  expect((await send(4, { priority: -1 })).status).toBe(400)
})

test('a priority that is not a level of the model is its default, as any unsigned integer of 64 bits', async () => {
  const repository = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(repository, 'm', mlp())
  const config = (more: string) => `max_batch_size: 2 dynamic_batching { ${more} }`
  const file = join(repository, 'm', '1', 'model.onnx')
  const levels = [0, 1, 2, 3, 2 ** 64]
  const inputs = [{ name: 'x', type: dataType('FP32'), shape: [1, 128], data: new Float32Array(128) }]
  for (const [more, expected] of [
    ['priority_levels: 2 default_priority_level: 1', [1, 1, 2, 1, 1]],
    ['priority_levels: 2 default_priority_level: 2', [2, 1, 2, 2, 2]],
    ['', [0, 0, 0, 0, 0]],
  ] as const) {
    const options = { session: {}, maxQueueSize: 9, readSample: expect.unreachable }
    const model = await Model.load('m', '1', file, config(more), options)
    const run = vi.spyOn(model.runs, 'run')
    for (const priority of levels) await model.infer(inputs, undefined, { priority })
    expect(run.mock.calls.map(([, , { priority }]) => priority)).toEqual(expected)
    await model.release()
  }
  rmSync(repository, { recursive: true })
  const parameters = { priority: { uint64_param: '18446744073709551615' } }
  const x = { name: 'x', datatype: 'FP32', shape: [1, 128] }
  const message = { model_name: 'mlp', inputs: [x], raw_input_contents: [Buffer.alloc(512)], parameters }
  const answer = await served.client.call('ModelInfer', encode('inference.ModelInferRequest', message))
  expect([answer.code, answer.message]).toEqual([0, ''])
  const refused = await infer('mlp', 'x', 'FP32', [1, 128], Array(128).fill(0), {
    parameters: { priority: 'a' },
  })
  expect(refused).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining(`is "a", expected an`) },
  })
})

test('a difference that is accepted', async () => {
  expect(served.server.models.find(({ name }) => name === 'tolerant')).toMatchObject({ state: 'READY' })
})

test('config reports what was given, over both protocols', async () => {
  const { body } = await json('waits/config')
  const expected = {
    max_batch_size: 4,
    dynamic_batching: {
      preferred_batch_size: [2],
      max_queue_delay_microseconds: 60_000_000,
      priority_levels: 2,
      default_queue_policy: { timeout_action: 'REJECT', max_queue_size: 3 },
    },
  }
  expect(body).toMatchObject(expected)
  const request = encode('inference.ModelConfigRequest', { name: 'waits' })
  const { bytes } = await served.client.call('ModelConfig', request)
  expect(decode('inference.ModelConfigResponse', bytes!)).toMatchObject({ config: expected })
})
