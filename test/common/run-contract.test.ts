import { type InferenceSession, Tensor } from 'onnxruntime-iobinding'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { identity, nonZero, twoInputs } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

const a = float32([1, 2, 3])
const b = float32([4, 5, 6])
const feeds = { a, b }
const sum = Float32Array.of(5, 7, 9)
const prod = Float32Array.of(4, 10, 18)

let session: InferenceSession
let peer: ort.InferenceSession

beforeAll(async () => {
  session = await createSession(twoInputs())
  peer = await ort.InferenceSession.create(twoInputs())
})
afterAll(() => session.release())

const detached = () => {
  const tensor = float32([1, 2, 3])
  const { buffer } = tensor.data as Float32Array<ArrayBuffer>
  structuredClone(buffer, { transfer: [buffer] })
  return tensor
}
const onGpu = () => Tensor.fromGpuBuffer({} as never, { dataType: 'float32', dims: [3] })

/** Arguments that are refused: what they are, the arguments, code, class, and what the message names. */
type Refusal = [title: string, args: unknown[], code: string, type: new () => Error, ...says: string[]]

// Every one of these onnxruntime-node refuses with an error of the same class.
const common: Refusal[] = [
  ['no feeds', [], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds'],
  ['null feeds', [null], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds', 'null'],
  ['feeds that are a string', ['a'], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds'],
  ['feeds that are an array', [[a, b]], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds'],
  ['feeds that are a Tensor', [a], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds'],
  ['a missing input', [{ a }], 'ERR_MISSING_INPUT', Error, 'feeds', "'b'"],
  ['an undefined input', [{ a, b: undefined }], 'ERR_MISSING_INPUT', Error, 'feeds', "'b'"],
  ['null fetches', [feeds, null], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[1]'],
  ['fetches that are a string', [feeds, 'sum'], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[1]', 'fetches'],
  ['fetches that are a number', [feeds, 1], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[1]'],
  ['fetches that are a Tensor', [feeds, a], 'ERR_INVALID_ARG_TYPE', TypeError, 'fetches'],
  ['no names', [feeds, []], 'ERR_INVALID_ARG_VALUE', TypeError, 'fetches'],
  ['a name that is not a string', [feeds, ['sum', 1]], 'ERR_INVALID_ARG_TYPE', TypeError, 'fetches'],
  ['an unknown output', [feeds, ['sum', 'z']], 'ERR_UNKNOWN_OUTPUT', RangeError, 'fetches', "'z'", "'prod'"],
  ['null options', [feeds, ['sum'], null], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
  ['options that are a string', [feeds, ['sum'], 'x'], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
  [
    'null options after an object',
    [feeds, { sum: null }, null],
    'ERR_INVALID_ARG_TYPE',
    TypeError,
    'options',
  ],
  [
    'feeds of another type',
    [{ a, b: int64([1, 2, 3]) }],
    'ERR_TYPE_MISMATCH',
    Error,
    "'b'",
    'float32',
    'int64',
  ],
  [
    'feeds of another rank',
    [{ a, b: float32([1], [1, 1]) }],
    'ERR_SHAPE_MISMATCH',
    Error,
    "'b'",
    '[n]',
    '[1, 1]',
  ],
  ['sizes that the model refuses', [{ a, b: float32([1, 2]) }], 'ERR_ORT_[A-Z_]+', Error],
]

// These it lets through, or does not know.
const own: Refusal[] = [
  ['an input that is null', [{ a, b: null }], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds', "'b'"],
  ['an input that is an array', [{ a, b: [1] }], 'ERR_INVALID_ARG_TYPE', TypeError, 'feeds', "'b'"],
  ['a detached input', [{ a, b: detached() }], 'ERR_DETACHED', Error, 'feeds.b'],
  ['an input on a GPU', [{ a, b: onGpu() }], 'ERR_NOT_SUPPORTED', Error, 'feeds.b', 'gpu-buffer'],
  ['an unknown option', [feeds, { tga: 'x' }], 'ERR_UNKNOWN_OPTION', Error, "'tga'", 'tag'],
  ['an unknown option after names', [feeds, ['sum'], { x: 1 }], 'ERR_UNKNOWN_OPTION', Error, "'x'"],
  ['an output that is not a Tensor', [feeds, { sum: 1 }], 'ERR_[A-Z_]+', Error, 'sum'],
  ['an invalid tag', [feeds, { tag: 1 }], 'ERR_INVALID_ARG_TYPE', TypeError, "'tag'"],
  ['an invalid severity', [feeds, { logSeverityLevel: 5 }], 'ERR_INVALID_ARG_VALUE', RangeError, 'Severity'],
  ['an invalid terminate', [feeds, { terminate: 1 }], 'ERR_INVALID_ARG_TYPE', TypeError, "'terminate'"],
  ['an invalid extra', [feeds, { extra: 'x' }], 'ERR_INVALID_ARG_TYPE', TypeError, "'extra'"],
  ['an invalid entry of extra', [feeds, { extra: { x: [] } }], 'ERR_INVALID_ARG_TYPE', TypeError, "'x'"],
  ['an invalid signal', [feeds, { signal: 'x' }], 'ERR_(INVALID_ARG_TYPE|NOT_SUPPORTED)', Error, 'signal'],
]

const run = (args: readonly unknown[]) => session.run(...(args as [typeof feeds]))
const runPeer = (args: readonly unknown[]) => peer.run(...(args as [typeof feeds]))

describe('invalid arguments of session.run', () => {
  test.each<Refusal>([...common, ...own])('are refused: %s', async (_title, args, code, type, ...says) => {
    await expectError(() => run(args), new RegExp(`^${code}$`), { type, says })
    // And the session is as good as before.
    expect((await session.run(feeds)).sum!.data).toEqual(sum)
  })

  test.each<Refusal>(common)(
    'have the same error class in onnxruntime-node: %s',
    async (_title, args, _code, type) => {
      const error: unknown = await runPeer(args).catch((thrown) => thrown)
      // Its errors from within ONNX Runtime are plain ones, whatever the class of ours.
      expect(error).toBeInstanceOf(type)
    },
  )

  test('reject the promise, and never throw', async () => {
    for (const [, args] of [...common, ...own])
      expect(run(args).catch(() => 'rejected')).toBeInstanceOf(Promise)
    await session.run(feeds)
  })
})

test('a Tensor that was disposed is refused as such', async () => {
  const x = float32([1, 2])
  x.dispose()
  const gpu = Tensor.fromGpuBuffer({} as never, { dataType: 'float32', dims: [2], dispose: () => {} })
  gpu.dispose()
  await using one = await createSession(identity('float32', [2]))
  using binding = one.createIoBinding()
  for (const tensor of [x, gpu]) {
    await expectError(() => one.run({ x: tensor }), 'ERR_DISPOSED', { says: 'feeds.x' })
    await expectError(() => binding.bindCpuInput('x', tensor), 'ERR_DISPOSED')
  }
})

describe('fetches', () => {
  const calls: [string, unknown[], string[]][] = [
    ['omitted', [], ['sum', 'prod']],
    ['undefined', [undefined], ['sum', 'prod']],
    ['all names', [['sum', 'prod']], ['sum', 'prod']],
    ['names in another order', [['prod', 'sum']], ['prod', 'sum']],
    ['a name twice', [['prod', 'prod']], ['prod']],
    ['one name', [['prod']], ['prod']],
    ['one name, and options', [['sum'], { tag: 'x' }], ['sum']],
    ['an object with null', [{ sum: null }], ['sum']],
    ['an object with null, and options', [{ prod: null }, { tag: 'x' }], ['prod']],
    ['an object with another name, too', [{ sum: null, z: null }], ['sum']],
    ['an empty object', [{}], ['sum', 'prod']],
    ['options in their place', [{ tag: 'x', logSeverityLevel: 3 }], ['sum', 'prod']],
  ]

  test.each(calls)('select the outputs: %s', async (_title, rest, names) => {
    const results = await run([feeds, ...rest])
    expect(Object.keys(results)).toEqual(names)
    for (const name of names) {
      expect(results[name]).toBeInstanceOf(Tensor)
      expect(results[name]).toMatchObject({ type: 'float32', dims: [3], location: 'cpu' })
      expect(results[name]!.data).toEqual(name === 'sum' ? sum : prod)
    }
    const theirs = await runPeer([feeds, ...rest])
    expect(Object.keys(theirs).sort()).toEqual([...names].sort())
    for (const name of names) expect(theirs[name]!.data).toEqual(results[name]!.data)
  })

  test('a pre-allocated Tensor is written in place and returned', async () => {
    // Often enough that a run may be done inline, too.
    for (let i = 0; i < 5; ++i) {
      const memory = new Float32Array(8).fill(-1)
      const target = new Tensor('float32', memory.subarray(2, 5), [3])
      const results = await session.run(feeds, { sum: target, prod: null })
      expect(results.sum).toBe(target)
      expect([...memory]).toEqual([-1, -1, ...sum, -1, -1, -1])
      expect(results.prod!.data).toEqual(prod)
    }
  })

  test('a pre-allocated Tensor can be an input too', async () => {
    const state = float32([1, 2, 3])
    for (const expected of [sum, Float32Array.of(9, 12, 15)]) {
      const results = await session.run({ a: state, b }, { sum: state })
      expect(results.sum).toBe(state)
      expect(state.data).toEqual(expected)
    }
  })

  test('a pre-allocated Tensor of strings is written', async () => {
    await using strings = await createSession(identity('string', ['n']))
    const target = new Tensor('string', ['', ''], [2])
    const { y } = await strings.run({ x: new Tensor('string', ['a', 'b'], [2]) }, { y: target })
    expect(y).toBe(target)
    expect(target.data).toEqual(['a', 'b'])
  })

  test.each([[[2]], [[4]], [[1, 3]], [[3, 1]], [[]], [[0]]])(
    'a pre-allocated Tensor of another shape is refused: %j',
    async (dims) => {
      const target = float32(new Float32Array(dims.reduce((size, dim) => size * dim, 1)).fill(-1), dims)
      await expectError(() => session.run(feeds, { sum: target }), 'ERR_OUTPUT_SHAPE', {
        says: ['sum', '[3]', `[${dims.join(', ')}]`],
      })
      expect(new Set(target.data as Float32Array).has(5)).toBe(false)
      expect((await session.run(feeds)).sum!.data).toEqual(sum)
    },
  )

  test('a pre-allocated Tensor of another type, detached, or on a GPU is refused', async () => {
    await expectError(() => session.run(feeds, { sum: int64([0, 0, 0]) }), 'ERR_TYPE_MISMATCH', {
      type: TypeError,
      says: ['sum', 'int64'],
    })
    await expectError(() => session.run(feeds, { sum: detached() }), 'ERR_DETACHED', { says: 'fetches.sum' })
    await expectError(() => session.run(feeds, { sum: onGpu() }), 'ERR_NOT_SUPPORTED', {
      says: 'fetches.sum',
    })
  })

  test('an output whose shape depends on the data is returned in its shape', async () => {
    await using indices = await createSession(nonZero())
    for (const data of [[0, 1, 1], [0, 0, 0], [1, 1, 1], [], [0, 5]]) {
      const expected = data.flatMap((value, i) => (value === 0 ? [] : [BigInt(i)]))
      const { y } = await indices.run({ x: float32(data) })
      expect(y!.dims).toEqual([1, expected.length])
      expect([...(y!.data as BigInt64Array)]).toEqual(expected)
    }
  })
})
