// What an error says about a name, a path or a value that is not what the caller believes it to be.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'
import { model, node, value } from '../helpers/onnx-graph.mjs'

const folder = mkdtempSync(join(tmpdir(), 'error-messages-'))
afterAll(() => rmSync(folder, { recursive: true }))
const load = (source: string, options?: object) => InferenceSession.create(source, options)

test('a message lists ten names, and the one that was probably meant', async () => {
  const names = Array.from({ length: 500 }, (_, i) => `input_${i}`)
  await using session = await InferenceSession.create(
    model({
      inputs: names.map((name) => value(name, 'float32', ['n'])),
      outputs: names.map((name) => value(`${name}_out`, 'float32', ['n'])),
      nodes: names.map((name) => node('Relu', [name], [`${name}_out`])),
    }),
    { ignoreUnknownFeeds: false },
  )
  const one = () => new Tensor('float32', [1], [1])
  const feeds = Object.fromEntries(names.map((name) => [name, one()]))
  const calls = [
    () => session.run({ ...feeds, 'Input-7': one() }),
    () => session.createIoBinding({ 'Input-7': [1] }),
    () => session.ioBinding().inputValue('Input-7'),
  ]
  for (const call of calls) {
    const { message, expected, given, remedy } = await expectError(call, 'ERR_UNKNOWN_INPUT')
    expect(message.length).toBeLessThan(400)
    expect(expected).toMatch(/^one of 'input_0', .*'input_9' and 490 more$/)
    expect({ given, remedy }).toEqual({ given: "'Input-7'", remedy: "Did you mean 'input_7'?" })
  }
  const long = await expectError(() => session.ioBinding().inputValue('x'.repeat(1e6)), 'ERR_UNKNOWN_INPUT')
  expect(long.message.length).toBeLessThan(700)
})

describe.skipIf(process.platform === 'win32')('a path that the system refuses', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'file'), oneNode())
    symlinkSync('loop.onnx', join(folder, 'loop.onnx'))
  })

  test.each([
    ['ENAMETOOLONG', 'a'.repeat(300)],
    ['ELOOP', 'loop.onnx'],
    ['ENOTDIR', join('file', 'model.onnx')],
  ])('is reported with %s', async (code, name) => {
    const error = await expectError(() => load(join(folder, name)), /^ERR_ORT_/, { says: code })
    expect(error.remedy).toBe('Name a file that this process can read')
  })

  test('is reported in a working directory that was removed, where an absolute path loads', async () => {
    const script = `
      const { InferenceSession, isOrtError } = require('onnxruntime-iobinding')
      const { rmdirSync } = require('node:fs')
      process.chdir(${JSON.stringify(join(folder, 'gone'))})
      rmdirSync(${JSON.stringify(join(folder, 'gone'))})
      const load = (path) => InferenceSession.create(path).then(() => 'loaded', (e) => isOrtError(e) && e.code)
      Promise.all([load('model.onnx'), load(${JSON.stringify(join(folder, 'file'))})]).then((all) => console.log(all.join()))`
    mkdirSync(join(folder, 'gone'))
    const root = join(import.meta.dirname, '..', '..')
    const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })
    expect(stdout).toMatch(/^ERR_ORT_\w+,loaded\n$/)
  })
})

describe('a proxy, such as a reactive framework makes,', () => {
  const proxied = <T extends object>(value: T): T => new Proxy(value, {})

  test('of an OrtValue is refused with the way around', async () => {
    await using session = await InferenceSession.create(oneNode())
    using target = OrtValue.allocate('float32', [1])
    const calls = [
      () => OrtValue.sequence([proxied(target)]),
      () => target.copyTo(proxied(target)),
      () => session.ioBinding().bindOrtValueInput('x', proxied(target)),
      () => proxied(target).read(),
      () => proxied(target).dispose(),
    ]
    for (const call of calls)
      await expectError(call, 'ERR_INVALID_ARG_TYPE', { says: ['proxy', 'markRaw()'] })
  })

  test('of a pool rejects its promises, and throws nothing', async () => {
    await using session = await InferenceSession.create(oneNode())
    await using pool = session.createBindingPool({ x: [1] })
    const other = proxied(pool)
    for (const call of [() => other.use(() => 0), () => other.close()]) {
      const promise = call()
      await expectError(() => promise, 'ERR_INVALID_ARG_TYPE', { says: ['proxy', 'markRaw()'] })
    }
  })

  test('of a typed array is refused', async () => {
    using target = OrtValue.allocate('float32', [1])
    const array = proxied(new Float32Array(1))
    await expectError(() => target.write(array), 'ERR_TYPE_MISMATCH')
    await expectError(() => OrtValue.wrap('float32', array, [1]), 'ERR_TYPE_MISMATCH')
  })
})

test('a wrapped array that is detached is reported by each function that reads or writes it', async () => {
  const { array, detach } = detachable(1)
  using wrapped = OrtValue.wrap('float32', array, [1])
  detach()
  const calls = [
    () => wrapped.read(),
    () => wrapped.write(new Float32Array(1)),
    () => wrapped.toTensor(),
    () => wrapped.copyTo(OrtValue.allocate('float32', [1])),
  ]
  for (const call of calls) await expectError(call, 'ERR_DETACHED')
})

test('an entry that is nested too deeply is reported', async () => {
  let extra: object = {}
  for (let i = 0; i < 100_000; ++i) extra = { extra }
  const path = join(folder, 'model.onnx')
  await expectError(() => load(path, { extra }), 'ERR_INVALID_ARG_VALUE', { says: 'nested too deeply' })
  await expectError(() => load(path, { executionProviders: new Array(2 ** 31) }), 'ERR_INVALID_ARG_VALUE')
})

test('symbols and objects without a prototype are described', async () => {
  const bare = Object.create(null)
  for (const [dim, given] of [[Symbol('s'), 'Symbol(s)'] as const, [bare, 'object'] as const]) {
    const error = await expectError(() => OrtValue.allocate('float32', [dim]), 'ERR_INVALID_DIMS')
    expect(error.given).toBe(`[${given}]`)
    const type = await expectError(() => OrtValue.allocate(dim, [1]), 'ERR_INVALID_ARG_VALUE')
    expect(type.given).toBe(given)
  }
})
