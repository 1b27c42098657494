// A proxy of an object, such as reactive state makes: its methods are called with the proxy as `this`.
import { inspect } from 'node:util'
import * as library from 'onnxruntime-iobinding'
import { InferenceSession, isOrtError, LoraAdapter, OrtValue, SharedWeights } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { adapterFile } from '../helpers/adapter-file.ts'
import { identity, oneNode } from '../helpers/model-builder.mjs'

async function instances() {
  const session = await InferenceSession.create(oneNode())
  const batched = await InferenceSession.create(identity('float32', ['n', 1]))
  return {
    session,
    binding: session.createIoBinding({ x: [1] }),
    batcher: await batched.createBatcher({ x: [1] }),
    pool: batched.createBindingPool({ x: [1, 1] }, { size: 1 }),
    adapter: await LoraAdapter.create(adapterFile([['x', [1], [1]]])),
    value: OrtValue.allocate('float32', [1]),
  }
}

/** The names of what a class and its bases define. */
function listMembers(object: object): Set<string | symbol> {
  const names = new Set<string | symbol>()
  for (
    let prototype = Object.getPrototypeOf(object);
    prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  )
    for (const name of Reflect.ownKeys(prototype)) names.add(name)
  // What is internal, and copyTo(), which looks at its argument first.
  for (const name of ['constructor', 'array', 'hostVisible', 'copyTo', 'copyToAsync']) names.delete(name)
  return names
}

test('methods and getters of a proxy work, or throw ERR_INVALID_ARG_TYPE with the remedy', async () => {
  const wrong: unknown[] = []
  for (const [what, object] of Object.entries(await instances())) {
    const proxy: Record<string | symbol, unknown> = new Proxy(object as never, {})
    for (const name of listMembers(object)) {
      try {
        const member = proxy[name]
        if (typeof member === 'function' && name !== inspect.custom) await member.call(proxy)
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        const isRight = isOrtError(error) && code === 'ERR_INVALID_ARG_TYPE' && /markRaw/.test(message)
        if (!isRight) wrong.push([what, name, error])
      }
    }
    expect(inspect(proxy)).toMatch(
      what === 'adapter' || what === 'pool' ? /^(LoraAdapter|BindingPool)/ : /^Proxy\(/,
    )
  }
  expect(wrong).toEqual([])
})

test('asynchronous methods of a proxy reject', async () => {
  const { session, batcher, binding } = await instances()
  const rejects = (promise: Promise<unknown>) =>
    expect(promise).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
  await rejects(new Proxy(session, {}).run({}))
  await rejects(new Proxy(batcher, {}).run({}))
  await rejects(new Proxy(binding, {}).run())
  await rejects(new Proxy(session, {}).release())
})

test('a proxy is refused as an argument', async () => {
  const { session, binding, adapter } = await instances()
  const code = { code: 'ERR_INVALID_ARG_TYPE' }
  await expect(session.runWithIoBinding(new Proxy(binding, {}))).rejects.toMatchObject(code)
  const proxy = new Proxy(adapter, {})
  expect(() => binding.bindAdapter(proxy)).toThrowError(expect.objectContaining(code))
  await expect(session.run({}, { activeLoraAdapters: [proxy] })).rejects.toMatchObject(code)
  const sharedWeights = new Proxy(new SharedWeights(), {})
  await expect(InferenceSession.create(oneNode(), { sharedWeights })).rejects.toMatchObject(code)
})

test('methods keep their names, and refuse what is not an instance', () => {
  expect(InferenceSession.prototype.run.name).toBe('run')
  expect(() => InferenceSession.prototype.ioBinding.call({} as never)).toThrowError(
    expect.objectContaining({
      code: 'ERR_INVALID_ARG_TYPE',
      message: expect.stringMatching(/InferenceSession/),
    }),
  )
})

test('classes have their names', () => {
  for (const [name, exported] of Object.entries(library))
    if (typeof exported === 'function' && /^[A-Z][a-z]/.test(name)) expect(exported.name).toBe(name)
})
