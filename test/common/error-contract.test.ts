// Every public function by bad values, in each of its arguments: an error is an OrtError, with a code that docs/errors.md has.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  deviceMemory,
  InferenceSession,
  type IoBinding,
  initialize,
  initialized,
  isOrtError,
  OrtValue,
  preload,
  Tensor,
} from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { oneNode } from '../helpers/model-builder.mjs'

const documented = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'errors.md'), 'utf8')

function detached(): Float32Array {
  const array = new Float32Array(1)
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}

function nested(depth: number): unknown {
  let value: Record<string, unknown> = { last: '1' }
  for (let i = 0; i < depth; ++i) value = { a: value }
  return value
}

const bare = (properties: object) => Object.assign(Object.create(null), properties)
const proxied = <T extends object>(value: T) => new Proxy(value, {})

/** What a caller in JavaScript may pass by mistake, for any argument. Made for each call, because calls change some. */
const BAD: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  'a negative number': () => -1,
  'a fraction': () => 0.5,
  'a huge number': () => 2 ** 60,
  'a bigint': () => 1n,
  'a symbol': () => Symbol('name'),
  'an empty string': () => '',
  'a string': () => 'float33',
  'the name __proto__': () => '__proto__',
  'a string with a NUL': () => 'a\0b',
  'a lone surrogate': () => '\ud800',
  'a long string': () => 'x'.repeat(10_000),
  'a long path': () => '/a'.repeat(5_000),
  'a function': () => () => undefined,
  'a class': () => Tensor,
  'an empty array': () => [],
  'an array of names': () => ['nothing'],
  'an array of anything': () => [Symbol('one'), bare({}), null, undefined, 1n, {}, 'x'],
  'an array with holes': () => new Array(3),
  'a huge array of holes': () => new Array(2 ** 31),
  'a nested array': () => [[1]],
  'a string of digits as dims': () => ['1'],
  'an empty object': () => ({}),
  'an object without a prototype': () => bare({ x: 1, shape: Symbol('s'), type: bare({}) }),
  'an object of symbols': () => ({ x: Symbol('x'), y: Symbol('y'), [Symbol('z')]: 1 }),
  'an object of nulls': () => ({ x: null, y: null, outputs: null, signal: null, upload: null, extra: null }),
  'an object of objects': () => ({
    x: bare({}),
    y: bare({}),
    outputs: bare({}),
    extra: bare({ a: bare({}) }),
  }),
  'an object of wrong options': () => ({
    extra: { a: Symbol('s') },
    executionProviders: [bare({})],
    mapped: 1,
  }),
  'names of nothing': () => ({ nothing: [1], [Symbol('none')]: [1] }),
  'deep extra': () => ({ extra: nested(100_000) }),
  'a deep object': () => nested(100_000),
  'a Date': () => new Date(Number.NaN),
  'a Promise': () => Promise.resolve(),
  'a typed array': () => new Float32Array(3),
  'an array of another type': () => new BigInt64Array(1),
  'a detached array': detached,
  'a proxy of an array': () => proxied(new Float32Array(1)),
  'a DataView': () => new DataView(new ArrayBuffer(4)),
  'a shared array': () => new Float32Array(new SharedArrayBuffer(4)),
  'an ArrayBuffer': () => new ArrayBuffer(4),
  'a Tensor': () => new Tensor('float32', [1, 2], [2]),
  'a proxy of a Tensor': () => proxied(new Tensor('float32', [1], [1])),
  'a Tensor of another type': () => new Tensor('string', ['a'], [1]),
  'a Tensor over a detached array': () => {
    const array = new Float32Array(1)
    const tensor = new Tensor('float32', array, [1])
    structuredClone(array.buffer, { transfer: [array.buffer] })
    return tensor
  },
  'a Tensor without numbers as dims': () => {
    const tensor = new Tensor('float32', [1], [1])
    Object.defineProperty(tensor, 'dims', { value: [Symbol('dim')] })
    return tensor
  },
  'what looks like a Tensor': () => ({ dims: null, type: Symbol('t'), location: null, getData: null }),
  'an OrtValue': () => OrtValue.allocate('int64', [3]),
  'a disposed OrtValue': () => {
    const value = OrtValue.allocate('float32', [1])
    value.dispose()
    return value
  },
  'a proxy of an OrtValue': () => proxied(OrtValue.allocate('float32', [1])),
  'a wrapped detached array': () => {
    // The buffer of a WebAssembly memory is detached when it grows; nothing else detaches a wrapped one.
    const { array, detach } = detachable(1)
    const value = OrtValue.wrap('float32', array, [1])
    detach()
    return value
  },
  'an array of proxies': () => [proxied(OrtValue.allocate('float32', [1]))],
  'an object of proxies': () => ({ x: proxied(OrtValue.allocate('float32', [1])) }),
}
let session: InferenceSession
let io: IoBinding
let released: InferenceSession

beforeAll(async () => {
  session = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  released = await InferenceSession.create(oneNode(), { logSeverityLevel: 4 })
  await released.release()
  io = session.createIoBinding({ x: [1] })
})
afterAll(() => session?.release())

const x = () => ({ x: new Tensor('float32', [1], [1]) })
const value = () => OrtValue.allocate('float32', [1])
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript refuses
type Any = any

/** The public functions, with an argument of each to replace. */
const CALLS: Readonly<Record<string, (bad: Any) => unknown>> = {
  'initialize(BAD)': (bad) => initialize(bad),
  'preload(BAD)': (bad) => (bad === undefined || bad === null ? undefined : preload(bad)),
  'preload({ python: BAD })': (bad) => preload({ python: bad, cudnn: false }),
  'preload({ directories: BAD })': (bad) => preload({ directories: bad, cudnn: false }),
  'deviceMemory(BAD)': (bad) => deviceMemory(bad),
  'deviceMemory(cuda, BAD)': (bad) => deviceMemory('cuda', bad),
  'create(BAD)': (bad) => InferenceSession.create(bad),
  'create(model, BAD)': (bad) => InferenceSession.create(oneNode(), bad),
  'create(buffer, BAD)': (bad) => InferenceSession.create(oneNode().buffer as ArrayBuffer, bad),
  'create(buffer, 0, BAD)': (bad) => InferenceSession.create(oneNode().buffer as ArrayBuffer, 0, bad),
  ...Object.fromEntries(
    [
      'executionProviders',
      'externalData',
      'extra',
      'freeDimensionOverrides',
      'graphOptimizationLevel',
      'intraOpNumThreads',
      'logId',
      'preferredOutputLocation',
      'transfer',
    ].map((name) => [
      `create(model, { ${name}: BAD })`,
      (bad: Any) => InferenceSession.create(oneNode(), { [name]: bad }),
    ]),
  ),
  'session.run(BAD)': (bad) => session.run(bad),
  'session.run({ x: BAD })': (bad) => session.run({ x: bad }),
  'session.run(feeds, BAD)': (bad) => session.run(x(), bad),
  'session.run(feeds, [BAD])': (bad) => session.run(x(), [bad]),
  'session.run(feeds, { y: BAD })': (bad) => session.run(x(), { y: bad }),
  'session.run(feeds, fetches, BAD)': (bad) => session.run(x(), ['y'], bad),
  'session.run(feeds, fetches, { extra: BAD })': (bad) => session.run(x(), ['y'], { extra: bad }),
  'session.run(feeds, fetches, { signal: BAD })': (bad) => session.run(x(), ['y'], { signal: bad }),
  'session.run(feeds, fetches, { tag: BAD })': (bad) => session.run(x(), ['y'], { tag: bad }),
  'session.run() after release': () => released.run(x()),
  'session.modelMetadata': () => session.modelMetadata,
  'session.modelMetadata after release': () => released.modelMetadata,
  'session.graphAssignment()': () => session.graphAssignment(),
  'session.endProfiling()': () => session.endProfiling(),
  'session.createIoBinding(BAD)': (bad) => session.createIoBinding(bad).dispose(),
  'session.createIoBinding({ x: BAD })': (bad) => session.createIoBinding({ x: bad }).dispose(),
  'session.createIoBinding(inputs, BAD)': (bad) => session.createIoBinding({ x: [1] }, bad).dispose(),
  'session.createIoBinding(inputs, { outputs: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { outputs: bad }).dispose(),
  'session.createIoBinding(inputs, { outputs: { y: BAD } })': (bad) =>
    session.createIoBinding({ x: [1] }, { outputs: { y: bad } }).dispose(),
  'session.createIoBinding(inputs, { fetches: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { fetches: bad }).dispose(),
  'session.createIoBinding(inputs, { mapped: BAD })': (bad) =>
    session.createIoBinding({ x: [1] }, { mapped: bad }).dispose(),
  'session.runWithIoBinding(BAD)': (bad) => session.runWithIoBinding(bad),
  'session.runWithIoBinding(io, BAD)': (bad) => session.runWithIoBinding(io, bad),
  'io.run(BAD)': (bad) => io.run(bad),
  'io.run({ upload: BAD })': (bad) => io.run({ upload: bad }),
  'io.runSync(BAD)': (bad) => io.runSync(bad),
  'io.runSync({ upload: [BAD] })': (bad) => io.runSync({ upload: [bad] }),
  'io.capture(BAD)': (bad) => io.capture(bad),
  'io.inputValue(BAD)': (bad) => io.inputValue(bad),
  'io.outputValue(BAD)': (bad) => io.outputValue(bad),
  'io.bindOrtValueInput(BAD)': (bad) => session.ioBinding().bindOrtValueInput(bad, value()),
  'io.bindOrtValueInput(x, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', bad),
  'io.bindOrtValueInput(x, value, BAD)': (bad) => session.ioBinding().bindOrtValueInput('x', value(), bad),
  'io.bindOrtValueOutput(BAD)': (bad) => session.ioBinding().bindOrtValueOutput(bad, value()),
  'io.bindOrtValueOutput(y, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', bad),
  'io.bindOrtValueOutput(y, value, BAD)': (bad) => session.ioBinding().bindOrtValueOutput('y', value(), bad),
  'io.bindCpuInput(BAD)': (bad) => session.ioBinding().bindCpuInput(bad, x().x),
  'io.bindCpuInput(x, BAD)': (bad) => session.ioBinding().bindCpuInput('x', bad),
  'io.bindOutput(BAD)': (bad) => session.ioBinding().bindOutput(bad),
  'io.bindOutput(y, BAD)': (bad) => session.ioBinding().bindOutput('y', bad),
  'io.bindOutput(y, cpu, BAD)': (bad) => session.ioBinding().bindOutput('y', 'cpu', bad),
  'io.getOutputs() before a run': () => session.ioBinding().getOutputs(),
  'io.copyOutputsToCpu() before a run': () => session.ioBinding().copyOutputsToCpu(),
  'OrtValue.allocate(BAD)': (bad) => OrtValue.allocate(bad, [1]),
  'OrtValue.allocate(type, BAD)': (bad) => OrtValue.allocate('float32', bad),
  'OrtValue.allocate(type, [BAD])': (bad) => OrtValue.allocate('float32', [bad]),
  'OrtValue.allocate(type, dims, BAD)': (bad) => OrtValue.allocate('float32', [1], bad),
  'OrtValue.allocate(type, dims, cpu, BAD)': (bad) => OrtValue.allocate('float32', [1], 'cpu', bad),
  'OrtValue.fromTensor(BAD)': (bad) => OrtValue.fromTensor(bad),
  'OrtValue.fromTensor(tensor, BAD)': (bad) => OrtValue.fromTensor(x().x, bad),
  'OrtValue.wrap(BAD)': (bad) => OrtValue.wrap(bad, new Float32Array(1) as never, [1]),
  'OrtValue.wrap(type, BAD)': (bad) => OrtValue.wrap('float32', bad, [1]),
  'OrtValue.wrap(type, data, BAD)': (bad) => OrtValue.wrap('float32', new Float32Array(1), bad),
  'OrtValue.sequence(BAD)': (bad) => OrtValue.sequence(bad),
  'OrtValue.sequence([BAD])': (bad) => OrtValue.sequence([bad]),
  'value.write(BAD)': (bad) => value().write(bad),
  'value.copyTo(BAD)': (bad) => value().copyTo(bad),
  ...Object.fromEntries(
    (['read', 'toTensor', 'elements', 'dispose'] as const).map((name) => [
      `OrtValue's ${name}() of BAD`,
      // Only of what has the class: of anything else JavaScript reports that it has no such function.
      (bad: Any) => (bad instanceof OrtValue ? bad[name]() : undefined),
    ]),
  ),
  "OrtValue's write() of BAD": (bad) =>
    bad instanceof OrtValue ? bad.write(new Float32Array(1) as Any) : undefined,
  "OrtValue's data, type, disposed and deviceId of BAD": (bad) =>
    bad instanceof OrtValue ? [bad.data, bad.type, bad.disposed, bad.deviceId] : undefined,
  'initialized()': () => initialized(),
}

test.each(Object.keys(CALLS))('%s throws coded errors only', async (name) => {
  const uncoded: string[] = []
  for (const [what, make] of Object.entries(BAD)) {
    const bad = make()
    try {
      await CALLS[name]!(bad)
    } catch (error) {
      if (!isOrtError(error))
        uncoded.push(`${what}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`)
      else {
        if (!documented.includes(`\`${error.code}\``))
          uncoded.push(`${what}: ${error.code} is not documented`)
        if (error.message.length > 12_000)
          uncoded.push(`${what}: a message of ${error.message.length} characters`)
      }
    }
  }
  expect(uncoded).toEqual([])
})
