import { expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { writeModel } from './models.ts'
import { serve } from './served.ts'

const served = serve((repository) => {
  writeModel(repository, 'plain', identity('float32', ['n', 2]))
  writeModel(repository, 'batched', identity('float32', ['n', 2]), 'max_batch_size: 4 dynamic_batching { }')
})

async function infer(model: string, shape: readonly number[]): Promise<number> {
  const data = Array(shape.reduce((a, b) => a * b, 1)).fill(1)
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape, data }] })
  const response = await fetch(`http://127.0.0.1:${served.server.httpPort}/v2/models/${model}/infer`, {
    method: 'POST',
    body,
  })
  await response.arrayBuffer()
  return response.status
}

const get = (path: string, port = served.server.metricsPort) => fetch(`http://127.0.0.1:${port}${path}`)

/** Values by their name and labels. */
async function metrics(): Promise<Map<string, number>> {
  const text = await (await get('/metrics')).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  )
}

test('counts requests, rows and runs under the names of Triton', async () => {
  for (const model of ['plain', 'batched'])
    expect(await Promise.all([infer(model, [1, 2]), infer(model, [3, 2]), infer(model, [1, 3])])).toEqual([
      200, 200, 400,
    ])
  const values = await metrics()
  const of = (name: string, model: string, more = '') =>
    values.get(`${name}{model="${model}",version="1"${more}}`)
  for (const model of ['plain', 'batched']) {
    expect(of('nv_inference_request_success', model)).toBe(2)
    expect(of('nv_inference_request_failure', model, ',reason="OTHER"')).toBe(1)
    expect(of('nv_inference_request_failure', model, ',reason="REJECTED"')).toBe(0)
    expect(of('nv_inference_exec_count', model)).toBeGreaterThan(0)
    expect(of('nv_inference_pending_request_count', model)).toBe(0)
    for (const part of ['request', 'compute_input', 'compute_infer', 'compute_output'])
      expect(of(`nv_inference_${part}_duration_us`, model)).toBeGreaterThan(0)
    expect(of('nv_inference_queue_duration_us', model)).toBeGreaterThanOrEqual(0)
  }
  expect(of('nv_inference_count', 'plain')).toBe(2)
  expect(of('nv_inference_count', 'batched')).toBe(4)
  expect(values.get('nv_cpu_utilization')).toBeLessThanOrEqual(1)
  expect(values.get('nv_cpu_memory_used_bytes')).toBeLessThan(values.get('nv_cpu_memory_total_bytes')!)
})

test('has a port of its own, with nothing else', async () => {
  expect((await get('/metrics')).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect((await get('/v2')).status).toBe(404)
  expect((await get('/metrics', served.server.httpPort)).status).toBe(404)
})
