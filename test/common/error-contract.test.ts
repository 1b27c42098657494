// Every public function by bad values, in each of its arguments: an error is an OrtError, with a code that docs/errors.md has.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as library from 'onnxruntime-iobinding'
import { isOrtError, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { CALLS } from '../helpers/public-functions/calls.ts'
import { opened, openSessions } from '../helpers/public-functions/opened.ts'

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
  'a detached Uint8Array': () => {
    const bytes = new Uint8Array(8)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    return bytes
  },
  'a detached ArrayBuffer': () => detached().buffer,
  'a proxy of an ArrayBuffer': () => proxied(new ArrayBuffer(4)),
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
  'a proxy of a session': () => proxied(opened().session),
  'a proxy of a binding': () => proxied(opened().io),
  'a proxy of a batcher': () => proxied(opened().batcher),
  'a proxy of a pool': () => proxied(opened().pool),
  'a proxy of an adapter': () => proxied(opened().adapter),
  'an object with the prototype of an adapter': () => Object.create(Object.getPrototypeOf(opened().adapter)),
  'an array of proxies': () => [proxied(OrtValue.allocate('float32', [1]))],
  'an object of proxies': () => ({ x: proxied(OrtValue.allocate('float32', [1])) }),
}
beforeAll(openSessions)
afterAll(() => opened().session?.release())

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

test('the table has every public function', () => {
  const methods = (prototype: object): string[] =>
    prototype === Object.prototype || prototype instanceof Error
      ? []
      : [
          ...Object.entries(Object.getOwnPropertyDescriptors(prototype))
            .filter(([, { value }]) => typeof value === 'function')
            .map(([key]) => key),
          ...methods(Object.getPrototypeOf(prototype)),
        ]
  // onnxruntime-common's, what is internal, and what does nothing.
  const others = ['Tensor', 'registerBackend', 'constructor', 'belongsTo', 'startProfiling']
  const isOther = (name: string) => others.includes(name) || name.startsWith('TRACE')
  const isNamed = (name: string) => Object.keys(CALLS).some((call) => new RegExp(`\\b${name}\\b`).test(call))
  const missing = Object.entries(library).flatMap(([name, exported]) => {
    if (typeof exported !== 'function' || isOther(name)) return []
    const own = exported.prototype === undefined ? [] : methods(exported.prototype)
    // A class is made by a method of another.
    return (own.length > 0 ? own : [name]).filter((one) => !isOther(one) && !isNamed(one))
  })
  expect(missing).toEqual([])
})
