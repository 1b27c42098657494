// What a session reports of its inputs, its outputs and its providers, and how its model and options are given.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName, executionProviders } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { vectorize, zipMap } from '../helpers/kind-models.mjs'
import { model, node, oneNode, sequenceInsert, value } from '../helpers/model-builder.mjs'

const passed = (dims: Record<string, readonly (number | string | null)[] | undefined>) =>
  model({
    inputs: Object.entries(dims).map(([name, shape]) => value(name, 'float32', shape)),
    outputs: Object.entries(dims).map(([name, shape]) => value(`${name}_out`, 'float32', shape)),
    nodes: Object.keys(dims).map((name) => node('Identity', [name], [`${name}_out`])),
  })

test('a scalar and an unknown rank differ', async () => {
  await using session = await createSession(passed({ scalar: [], open: undefined, dynamic: ['n', null] }))
  const location = deviceName ?? 'cpu'
  const type = { kind: 'tensor', type: 'float32', location }
  const expected = [
    // onnxruntime-node does not tell the two.
    { name: 'scalar', ...type, shape: isNative ? [] : undefined },
    { name: 'open', ...type, shape: undefined },
    { name: 'dynamic', ...type, shape: ['n', ''] },
  ]
  expect(session.inputTypes).toEqual(expected)
  expect(session.outputTypes.map(({ name }) => name)).toEqual(session.outputNames)
})

test('types that are not tensors have a text', async () => {
  if (deviceName !== undefined) return
  const types = async (model: Uint8Array) => {
    await using session = await createSession(model)
    return [...session.inputTypes, ...session.outputTypes]
      .filter(({ kind }) => kind !== 'tensor')
      .map(({ kind, type, shape }) => [kind, type, shape])
  }
  // onnxruntime-node reports that it is not a tensor, and no more.
  const expected = (kind: string, type: string) => [
    isNative ? [kind, type, undefined] : ['opaque', 'opaque', undefined],
  ]
  expect(await types(zipMap())).toEqual(expected('sequence', 'sequence(map(int64,tensor(float32)))'))
  expect(await types(vectorize())).toEqual(expected('map', 'map(string,tensor(float32))'))
  expect(await types(sequenceInsert())).toEqual(expected('sequence', 'sequence(tensor(float32))'))
})

test('the providers and their options', async () => {
  await using session = await createSession(oneNode())
  expect(Object.keys(session.providerOptions)).toEqual(executionProviders)
  expect(session.providerOptions.cpu).toEqual(executionProviders.includes('cpu') ? {} : undefined)
  if (deviceName !== 'cuda') return
  await using cuda = await InferenceSession.create(oneNode(), {
    executionProviders: [{ name: 'cuda', gpuMemLimit: 2 ** 24, useTf32: false }, 'cpu'],
  })
  expect(cuda.providerOptions).toEqual({
    cuda: { device_id: '0', gpu_mem_limit: '16777216', use_tf32: '0' },
    cpu: {},
  })
})

test('the names of bound values, in the order of binding', async () => {
  await using session = await createSession(passed({ a: ['n'], b: ['n'] }))
  using io = session.ioBinding()
  expect(io.boundNames).toEqual({ inputs: [], outputs: [] })
  io.bindOutput('b_out')
  io.bindOutput('a_out')
  using full = session.createIoBinding({ a: [1], b: [2] })
  expect(full.boundNames.inputs).toEqual(['a', 'b'])
  expect(io.boundNames).toEqual({ inputs: [], outputs: ['b_out', 'a_out'] })
})

describe('the model', () => {
  test('by the URL of its file, or the text of one', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'models-'))
    const path = join(dir, 'ein Modell 模型.onnx')
    writeFileSync(path, oneNode())
    const url = pathToFileURL(path)
    for (const source of [url, url.href, path]) {
      await using session = await createSession(source as string)
      expect(session.inputNames).toEqual(['x'])
    }
    rmSync(dir, { recursive: true })
  })

  test('by another URL is refused', async () => {
    for (const url of [new URL('https://example.org/model.onnx'), 'file://host name/x']) {
      await expectError(() => InferenceSession.create(url), 'ERR_INVALID_ARG_VALUE', { says: 'file:///' })
    }
  })
})

test('an option that is undefined or null is absent', async () => {
  const options = { intraOpNumThreads: undefined, logId: null, extra: null } as unknown as SessionOptions
  await using session = await createSession(oneNode(), options)
  expect(session.inputNames).toEqual(['x'])
  await expectError(() => createSession(oneNode(), { logid: null } as never), 'ERR_UNKNOWN_OPTION')
})
