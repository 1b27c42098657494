// model_warmup: samples that run when a model is loaded, and that its batches are compared with.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lookup } from '../../test/helpers/batch-models.mjs'
import { createServer } from '../dist/index.js'
import { PORTS, writeModel } from './models.ts'

const repository = mkdtempSync(join(tmpdir(), 'server-models-'))
afterAll(() => rmSync(repository, { recursive: true }))

const sample = (name: string, data: string, more = '') =>
  `model_warmup { name: "${name}" batch_size: 1 ${more}
    inputs { key: "ids" value { data_type: TYPE_INT64 dims: 2 ${data} } } }`
const batched = (warmup: string) => `max_batch_size: 4 dynamic_batching {} ${warmup}`
const file = (name: string) => `input_data_file: "${name}"`

/** A table of one row: the generated samples, 0 and 1, are beyond it. */
function write(name: string, config: string): void {
  writeModel(repository, name, lookup(1), config)
  mkdirSync(join(repository, name, 'warmup'))
  for (const id of [0n, -1n, 7n])
    writeFileSync(join(repository, name, 'warmup', `ids${id}`), BigInt64Array.of(id, 0n))
}

test('a model that refuses generated samples is batched by two of its own', async () => {
  write('generated', batched(''))
  write('own', batched(sample('a', file('ids0'), 'count: 3') + sample('b', file('ids-1'))))
  write('same', batched(sample('a', 'zero_data: true') + sample('b', file('ids0'))))
  write('refused', batched(sample('a', file('ids0')) + sample('b', file('ids7'))))
  write('outside', batched(sample('a', file('../../../../etc/passwd'))))
  write('another', batched(sample('a', 'zero_data: true').replace('dims: 2', 'dims: [ 2, 2 ]')))
  write('random', batched(sample('a', 'random_data: true')))
  write('alone', `max_batch_size: 4 ${sample('a', file('ids7'))}`)
  await using server = await createServer({ modelRepository: repository, ...PORTS })
  const reasons = Object.fromEntries(server.models.map(({ name, reason }) => [name, reason]))
  expect(reasons).toEqual({
    own: '',
    generated: expect.stringContaining('that differ: model_warmup'),
    same: expect.stringContaining('that differ: model_warmup'),
    refused: expect.stringContaining('that differ: model_warmup'),
    outside: expect.stringMatching(/outside of the repository|ENOENT/),
    another: expect.stringContaining("model_warmup 'a': input 'ids' has dims [2,2], and the model has [-1]"),
    random: expect.stringContaining('that differ: model_warmup'),
    alone: expect.stringContaining('indices element out of data bounds'),
  })
  const response = await fetch(`http://127.0.0.1:${server.httpPort}/v2/models/own/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [{ name: 'ids', datatype: 'INT64', shape: [1, 2], data: [0, -1] }] }),
  })
  expect(response.status).toBe(200)
  const stats = await fetch(`http://127.0.0.1:${server.httpPort}/v2/models/own/stats`)
  expect(await stats.json()).toMatchObject({ model_stats: [{ inference_count: 1 }] })
})
