// Every public function by arguments whose getters and traps dispose, release, detach and run again: each call works or throws
// a coded error, and the process lives.
import { InferenceSession, isOrtError, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oneNode } from '../helpers/model-builder.mjs'
import { CALLS } from '../helpers/public-functions/calls.ts'
import { opened, openSessions, renewSessions } from '../helpers/public-functions/opened.ts'

/** What the getters and traps of one call do. */
let ACT: () => void = () => {}
let victim: OrtValue<'float32'>
let array: Float32Array<ArrayBuffer>

const ACTS: Readonly<Record<string, () => void>> = {
  dispose: () => {
    victim.dispose()
    opened().io.dispose()
  },
  release: () => void opened().session.release(),
  detach: () => {
    if (array.length > 0) structuredClone(array.buffer, { transfer: [array.buffer] })
  },
  'run again': () => {
    opened()
      .io.run()
      .catch(() => {})
    opened()
      .session.run({ x: new Tensor('float32', [1], [1]) })
      .catch(() => {})
  },
}

function act<T>(value: T): T {
  ACT()
  return value
}

/** Any trap acts, and then does what the value does. */
function trapped<T extends object>(value: T): T {
  const handler = Object.fromEntries(
    ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'].map((trap) => [
      trap,
      (...args: unknown[]) => {
        ACT()
        return (Reflect as unknown as Record<string, (...args: unknown[]) => unknown>)[trap]!(...args)
      },
    ]),
  )
  return new Proxy(value, handler)
}

/** The value with getters of its own for its enumerable properties. */
function watched<T extends object>(value: T): T {
  for (const [key, own] of Object.entries(value))
    Object.defineProperty(value, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        ACT()
        return own
      },
    })
  return value
}

class Species extends Array<unknown> {
  static override get [Symbol.species]() {
    ACT()
    return class extends Array<unknown> {
      constructor(...args: number[]) {
        ACT()
        super(...args)
      }
    } as unknown as ArrayConstructor
  }
  override map(): never {
    ACT()
    return victim as never
  }
  override *[Symbol.iterator](): ArrayIterator<unknown> {
    ACT()
    for (let i = 0; i < this.length; ++i) yield this[i]
  }
}

const primitive = (value: unknown) => ({
  [Symbol.toPrimitive]: () => act(value),
  toString: () => act(value),
  valueOf: () => act(value),
})

function makeTensor(properties: object): Tensor {
  return Object.defineProperties(
    new Tensor('float32', array, [1]),
    Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [
        name,
        { get: () => act(value), configurable: true },
      ]),
    ),
  )
}

const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'a proxy of dims': () => trapped([1]),
  'dims with getters': () => watched([1]),
  'dims of another species': () => Species.from([1]),
  'a proxy of names': () => trapped(['x']),
  'names with getters': () => watched(['y']),
  'names of another species': () => Species.from(['x']),
  'strings with getters': () => watched(['a']),
  'a proxy of strings': () => trapped(['a']),
  'a proxy of an object': () =>
    trapped({ x: makeTensor({}), y: null, outputs: { y: [1] }, upload: ['x'], extra: {} }),
  'an object with getters': () =>
    watched({ x: makeTensor({}), y: makeTensor({}), outputs: { y: [1] }, upload: ['x'] }),
  'feeds with getters': () => watched({ x: victim }),
  'a shape with getters': () => watched({ x: watched([1]) }),
  'options with getters': () =>
    watched({ extra: watched({ a: '1' }), tag: 'a', signal: new AbortController().signal }),
  'a proxy of an OrtValue': () => trapped(victim),
  'an array of a proxy of an OrtValue': () => Species.from([trapped(victim)]),
  'an array of an OrtValue': () => watched([victim]),
  'an OrtValue with getters': () => Object.defineProperty(victim, 'dims', { get: () => act([1]) }),
  'a Tensor with dims': () => makeTensor({ dims: watched([1]) }),
  'a Tensor with data': () => makeTensor({ data: array }),
  'a Tensor with a type and location': () => makeTensor({ type: 'float32', location: 'cpu' }),
  'a proxy of a Tensor': () => trapped(new Tensor('float32', array, [1])),
  'a proxy of a typed array': () => trapped(array),
  'a typed array with properties': () =>
    Object.defineProperties(array, {
      buffer: { get: () => act(new ArrayBuffer(4)) },
      length: { get: () => act(1) },
      byteLength: { get: () => act(4) },
      byteOffset: { get: () => act(0) },
      constructor: { get: () => act(Float64Array) },
    }),
  'a primitive in an object': () => primitive('x'),
  'a number in an object': () => primitive(1),
  'dims of numbers in objects': () => [primitive(1)],
}

beforeAll(openSessions)
afterAll(() => opened().session?.release())

/** Made for each call, because acts dispose of them. */
async function renew(): Promise<void> {
  ACT = () => {}
  await renewSessions()
  array = new Float32Array(1)
  victim = OrtValue.wrap('float32', array, [1])
}

test.each(Object.keys(ACTS))('getters and traps that %s', async (name) => {
  const uncoded: string[] = []
  for (const [call, body] of Object.entries(CALLS)) {
    if (/^(initialize|preload|create|deviceMemory)/.test(call) && name !== 'dispose') continue
    for (const [what, make] of Object.entries(HOSTILE)) {
      await renew()
      const hostile = make()
      let acting = false
      ACT = () => {
        if (acting) return
        acting = true
        ACTS[name]!()
        acting = false
      }
      try {
        await body(hostile)
      } catch (error) {
        if (!isOrtError(error))
          uncoded.push(`${call}, ${what}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`)
      }
    }
  }
  expect(uncoded).toEqual([])
})

test('a model works after all that', async () => {
  await using session = await InferenceSession.create(oneNode())
  expect((await session.run({ x: new Tensor('float32', [1], [1]) })).y!.dims).toEqual([1])
})
