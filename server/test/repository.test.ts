// The folders of models: what is served of them, and what is reported of the rest.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { PORTS, writeModel } from './models.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'server-models-'))

async function send(
  path: string,
  init: RequestInit,
  port: number,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
  return { status: response.status, text: await response.text() }
}

test('reports models that cannot be loaded, and is not ready', async () => {
  const root = folder()
  const model = identity('float32', ['n', 3])
  writeModel(root, 'unknown_field', model, 'sequence_batching { }')
  writeModel(root, 'other_backend', model, 'backend: "python"')
  writeModel(root, 'other_dims', model, 'input [ { name: "x" data_type: TYPE_FP32 dims: [ -1, 4 ] } ]')
  writeModel(root, 'other_type', model, 'input [ { name: "x" data_type: TYPE_FP16 dims: [ -1, 3 ] } ]')
  writeModel(root, 'other_input', model, 'input [ { name: "z" data_type: TYPE_FP32 dims: [ -1, 3 ] } ]')
  writeModel(root, 'no batch', model)
  writeModel(root, 'invalid', Buffer.from('not a model'))
  const elsewhere = folder()
  writeModel(elsewhere, 'elsewhere', model)
  mkdirSync(join(root, 'empty'))
  mkdirSync(join(root, 'outside', '1'), { recursive: true })
  symlinkSync(join(elsewhere, 'elsewhere', '1', 'model.onnx'), join(root, 'outside', '1', 'model.onnx'))
  writeModel(root, 'good', model)
  await using one = await createServer({ modelRepository: root, ...PORTS })
  expect(one.models.filter(({ state }) => state === 'READY').map(({ name }) => name)).toEqual(['good'])
  expect(one.models).toHaveLength(10)
  for (const { state, reason } of one.models) expect(reason === '').toBe(state === 'READY')
  expect((await send('/v2/health/ready', {}, one.httpPort)).status).toBe(400)
  expect((await send('/v2/models/invalid', {}, one.httpPort)).status).toBe(503)
  const ready = await send('/v2/repository/index', { method: 'POST', body: '{"ready":true}' }, one.httpPort)
  expect(JSON.parse(ready.text)).toHaveLength(1)
  for (const one of [root, elsewhere]) rmSync(one, { recursive: true })
})

test('serves the newest version, and one model of a flat folder', async () => {
  const root = folder()
  writeModel(root, 'm', identity('float32', ['n']))
  mkdirSync(join(root, 'm', '10'))
  writeFileSync(join(root, 'm', '10', 'model.onnx'), identity('int64', ['n']))
  await using one = await createServer({ modelRepository: root, ...PORTS })
  expect(JSON.parse((await send('/v2/models/m', {}, one.httpPort)).text)).toMatchObject({
    versions: ['10'],
    inputs: [{ datatype: 'INT64', shape: [-1] }],
  })
  const flat = { modelRepository: join(root, 'm', '1'), modelName: 'flat', ...PORTS }
  await using other = await createServer(flat)
  expect((await send('/v2/models/flat/ready', {}, other.httpPort)).status).toBe(200)
  rmSync(root, { recursive: true })
})

test('serves folders that are links within the repository, and reports the other links', async () => {
  const [root, elsewhere] = [folder(), folder()]
  writeModel(root, '.hidden', identity('float32', ['n']))
  writeModel(elsewhere, 'm', identity('float32', ['n']))
  symlinkSync('.hidden', join(root, 'a_link'))
  symlinkSync(join(elsewhere, 'm'), join(root, 'elsewhere'))
  symlinkSync('none', join(root, 'broken'))
  symlinkSync('loop', join(root, 'loop'))
  writeFileSync(join(root, 'README.md'), '')
  symlinkSync('README.md', join(root, 'file'))
  await using one = await createServer({ modelRepository: root, ...PORTS })
  expect(one.models).toEqual([
    { name: 'a_link', version: '1', state: 'READY', reason: '' },
    { name: 'broken', state: 'UNAVAILABLE', reason: expect.stringContaining('ENOENT') },
    { name: 'elsewhere', state: 'UNAVAILABLE', reason: expect.stringContaining('leaves the repository') },
    { name: 'loop', state: 'UNAVAILABLE', reason: expect.stringContaining('ELOOP') },
  ])
  for (const path of [root, elsewhere]) rmSync(path, { recursive: true })
})

test.skipIf(process.getuid?.() === 0)(
  'reports a folder that it may not read, and serves the others',
  async () => {
    const root = folder()
    for (const name of ['good', 'secret']) writeModel(root, name, identity('float32', ['n']))
    chmodSync(join(root, 'secret'), 0)
    await using one = await createServer({ modelRepository: root, ...PORTS })
    expect(one.models).toMatchObject([
      { name: 'good', state: 'READY' },
      { name: 'secret', state: 'UNAVAILABLE', reason: expect.stringContaining('EACCES') },
    ])
    chmodSync(join(root, 'secret'), 0o700)
    rmSync(root, { recursive: true })
  },
)

test('a repository without models is ready', async () => {
  const root = folder()
  await using one = await createServer({ modelRepository: root, ...PORTS })
  expect((await send('/v2/health/ready', {}, one.httpPort)).status).toBe(200)
  rmSync(root, { recursive: true })
})
