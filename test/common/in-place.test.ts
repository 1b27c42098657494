import { type IoBinding, OrtValue, type TypedArray } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName, onDevice } from '../helpers/device'
import { isNative, runForms } from '../helpers/engine'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { elementTypes } from '../helpers/tensors.mjs'

// The values of a state after each run are computed here, from a copy of the state before it.

interface Case {
  readonly name: string
  readonly model: Uint8Array
  readonly type?: 'float32' | 'int64' | 'int32'
  readonly dims: readonly number[]
  readonly next: (old: readonly number[]) => number[]
}

type Dims = readonly (number | string)[]

/** A model of one state. */
const stateful = (
  dims: Dims,
  nodes: object[],
  initializers: object[] = [],
  type: 'float32' | 'int64' | 'int32' = 'float32',
) =>
  model({
    inputs: [value('state', type, dims)],
    outputs: [value('next', type, dims)],
    nodes,
    initializers,
  })

const ints = (name: string, values: readonly number[], dims: readonly number[] = [values.length]) =>
  tensor(name, 'int64', dims, values.map(BigInt))

const rotated = (type: 'int32' | 'int64'): Case => ({
  name: type,
  model: stateful([4], [node('Gather', ['state', 'order'], ['next'])], [ints('order', [1, 2, 3, 0])], type),
  type,
  dims: [4],
  next: (old) => [...old.slice(1), old[0]!],
})

const cases: Case[] = [
  {
    name: 'Transpose',
    model: stateful([3, 3], [node('Transpose', ['state'], ['next'])]),
    dims: [3, 3],
    next: (old) => old.map((_, i) => old[(i % 3) * 3 + Math.floor(i / 3)]!),
  },
  {
    name: 'Gather over its own state',
    model: stateful([4], [node('Gather', ['state', 'order'], ['next'])], [ints('order', [3, 2, 1, 0])]),
    dims: [4],
    next: (old) => [...old].reverse(),
  },
  {
    name: 'a cache that shifts by Slice and Concat',
    model: stateful(
      [6],
      [
        node('Slice', ['state', 'from', 'to'], ['kept']),
        node('Slice', ['state', 'zero', 'from'], ['first']),
        node('Concat', ['kept', 'first'], ['next'], { axis: 0 }),
      ],
      [ints('from', [2]), ints('to', [6]), ints('zero', [0])],
    ),
    dims: [6],
    next: (old) => [...old.slice(2), ...old.slice(0, 2)],
  },
  {
    name: 'CumSum in reverse',
    model: stateful(
      [4],
      [node('CumSum', ['state', 'axis'], ['next'], { reverse: 1 })],
      [ints('axis', [0], [])],
    ),
    dims: [4],
    next: (old) => old.map((_, i) => old.slice(i).reduce((sum, one) => sum + one, 0)),
  },
  {
    name: 'MatMul',
    model: stateful([2, 2], [node('MatMul', ['state', 'state'], ['next'])]),
    dims: [2, 2],
    next: ([a, b, c, d]) => [a! * a! + b! * c!, a! * b! + b! * d!, c! * a! + d! * c!, c! * b! + d! * d!],
  },
  {
    name: 'x + x',
    model: stateful([5], [node('Add', ['state', 'state'], ['next'])]),
    dims: [5],
    next: (old) => old.map((one) => one + one),
  },
  {
    name: 'a scalar',
    model: stateful([], [node('Add', ['state', 'state'], ['next'])]),
    dims: [],
    next: (old) => old.map((one) => one + one),
  },
  ...(['int32', 'int64'] as const).map(rotated),
  {
    name: 'a graph without elements',
    model: stateful([0], [node('Add', ['state', 'state'], ['next'])]),
    dims: [0],
    next: (old) => [...old],
  },
]

const set = (data: TypedArray, values: readonly number[]) => {
  if (data instanceof BigInt64Array) data.set(values.map(BigInt))
  else (data as Float32Array).set(values)
}
const numbers = (data: Iterable<number | bigint>) => Array.from(data, Number)
const counting = (dims: readonly number[]) =>
  Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => i + 1)

const places = deviceName === undefined ? (['cpu'] as const) : (['cpu', deviceName] as const)

describe.each(places)('a state in place in memory of %s', (place) => {
  describe.each(runForms)('by %s', (_form, run) => {
    test.each(cases)('$name', async ({ model: bytes, type = 'float32', dims, next }) => {
      await using session = await createSession(bytes)
      // What ONNX Runtime computes on the CPU has no device memory.
      using state = OrtValue.allocate(type, dims, type === 'int64' && place === 'webgpu' ? 'cpu' : place)
      let expected = counting(dims)
      const data = state.read() as TypedArray
      set(data, expected)
      state.write(data as never)
      using io = session.createIoBinding({ state }, { outputs: { next: state } })
      for (let i = 0; i < 3; ++i) {
        expected = next(expected)
        await run(io)
        expect(numbers(state.read() as never)).toEqual(expected)
      }
      if (place === 'cpu') expect(io.inputs.state).toBe(io.outputs.next)
    })

    test('a later node that reads the old state', async () => {
      const bytes = model({
        inputs: [value('state', 'float32', [4])],
        outputs: [value('next', 'float32', [4]), value('old', 'float32', [4])],
        nodes: [
          node('Neg', ['state'], ['next']),
          node('Exp', ['next'], ['exp']),
          node('Mul', ['exp', 'zero'], ['nothing']),
          node('Add', ['nothing', 'state'], ['old']),
        ],
        initializers: [tensor('zero', 'float32', [1], [0])],
      })
      await using session = await createSession(bytes)
      using state = OrtValue.allocate('float32', [4], place)
      state.write(Float32Array.of(1, 2, 3, 4))
      using io = session.createIoBinding({ state }, { outputs: { next: state } })
      for (const sign of [1, -1, 1]) {
        await run(io)
        expect(numbers(io.outputs.old as Float32Array)).toEqual([1, 2, 3, 4].map((one) => sign * one))
        expect(numbers(state.read() as Float32Array)).toEqual([1, 2, 3, 4].map((one) => -sign * one))
      }
    })

    test('two states that are exchanged', async () => {
      const bytes = model({
        inputs: [value('a', 'float32', [3]), value('b', 'float32', [3])],
        outputs: [value('c', 'float32', [3]), value('d', 'float32', [3])],
        nodes: [node('Add', ['a', 'b'], ['c']), node('Sub', ['a', 'b'], ['d'])],
      })
      await using session = await createSession(bytes)
      using one = OrtValue.allocate('float32', [3], place)
      using two = OrtValue.allocate('float32', [3], place)
      let [a, b] = [
        [1, 2, 3],
        [10, 20, 30],
      ]
      one.write(Float32Array.from(a!))
      two.write(Float32Array.from(b!))
      using io = session.createIoBinding({ a: one, b: two }, { outputs: { c: two, d: one } })
      for (let i = 0; i < 3; ++i) {
        await run(io)
        const [x, y]: [number[], number[]] = [a!, b!]
        b = x.map((v, j) => v + y[j]!)
        a = x.map((v, j) => v - y[j]!)
        expect(numbers(one.read() as Float32Array)).toEqual(a)
        expect(numbers(two.read() as Float32Array)).toEqual(b)
      }
    })

    test('an input that the graph returns is copied into the value bound for it', async () => {
      await using session = await createSession(passThrough())
      using x = OrtValue.allocate('float32', [3], place)
      using out = OrtValue.allocate('float32', [3], place)
      using io = session.createIoBinding({ x }, { outputs: { x: out } })
      for (const base of [1, 7]) {
        x.write(Float32Array.of(base, base + 1, base + 2))
        await run(io)
        expect(numbers(out.read() as Float32Array)).toEqual([base, base + 1, base + 2])
        expect(numbers(io.outputs.plus as Float32Array)).toEqual([base + 10, base + 11, base + 12])
      }
      // The value is another one.
      using other = OrtValue.allocate('float32', [3], place)
      other.write(Float32Array.of(4, 5, 6))
      io.bindOrtValueInput('x', other)
      await run(io)
      expect(numbers(out.read() as Float32Array)).toEqual([4, 5, 6])
    })

    test('the old state is returned while the new one is written in place', async () => {
      await using session = await createSession(passThrough())
      using x = OrtValue.allocate('float32', [2], place)
      using out = OrtValue.allocate('float32', [2], place)
      x.write(Float32Array.of(1, 2))
      using io = session.createIoBinding({ x }, { outputs: { plus: x, x: out } })
      for (const base of [0, 10, 20]) {
        await run(io)
        expect(numbers(out.read() as Float32Array)).toEqual([base + 1, base + 2])
        expect(numbers(x.read() as Float32Array)).toEqual([base + 11, base + 12])
      }
    })

    test('an input that is returned into its own memory stays', async () => {
      await using session = await createSession(passThrough())
      using x = OrtValue.allocate('float32', [2], place)
      x.write(Float32Array.of(1, 2))
      using io = session.createIoBinding({ x }, { outputs: { x } })
      await run(io)
      await run(io)
      expect(numbers(x.read() as Float32Array)).toEqual([1, 2])
      expect(numbers(io.outputs.plus as Float32Array)).toEqual([11, 12])
    })

    test('two inputs that are returned are exchanged', async () => {
      const bytes = model({
        inputs: [value('a', 'float32', [2]), value('b', 'float32', [2])],
        outputs: [value('a', 'float32', [2]), value('b', 'float32', [2]), value('sum', 'float32', [2])],
        nodes: [node('Add', ['a', 'b'], ['sum'])],
      })
      await using session = await createSession(bytes)
      using one = OrtValue.allocate('float32', [2], place)
      using two = OrtValue.allocate('float32', [2], place)
      one.write(Float32Array.of(1, 2))
      two.write(Float32Array.of(3, 4))
      using io = session.createIoBinding({ a: one, b: two }, { outputs: { a: two, b: one } })
      await run(io)
      expect(numbers(one.read() as Float32Array)).toEqual([3, 4])
      expect(numbers(two.read() as Float32Array)).toEqual([1, 2])
    })
  })
})

/** A graph that returns its input. */
function passThrough() {
  return model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('plus', 'float32', ['n']), value('x', 'float32', ['n'])],
    nodes: [node('Add', ['x', 'ten'], ['plus'])],
    initializers: [tensor('ten', 'float32', [1], [10])],
  })
}

/** Gives x itself, and a copy. */
const returnedStrings = () =>
  model({
    inputs: [value('x', 'string', [2])],
    outputs: [value('x', 'string', [2]), value('y', 'string', [2])],
    nodes: [node('Identity', ['x'], ['y'])],
  })

describe.each(runForms)('memory that bindings of the host share, by %s', (_form, run) => {
  const twoOutputs = () =>
    model({
      inputs: [value('x', 'float32', ['n'])],
      outputs: [value('y', 'float32', ['n']), value('z', 'float32', ['n'])],
      nodes: [node('Neg', ['x'], ['y']), node('Add', ['x', 'x'], ['z'])],
    })

  test('two arrays over the same memory are a state in place', async () => {
    await using session = await createSession(stateful([2, 3], [node('Add', ['state', 'state'], ['next'])]))
    const memory = Float32Array.of(1, 2, 3, 4, 5, 6)
    const state = OrtValue.wrap('float32', memory, [2, 3])
    const next = OrtValue.wrap('float32', memory.subarray(), [2, 3])
    using io = session.createIoBinding({ state }, { outputs: { next } })
    await run(io)
    await run(io)
    expect(numbers(memory)).toEqual([4, 8, 12, 16, 20, 24])
  })

  test('strings are a state in place', async () => {
    const bytes = model({
      inputs: [value('state', 'string', [3])],
      outputs: [value('next', 'string', [3])],
      nodes: [node('Gather', ['state', 'order'], ['next'])],
      initializers: [ints('order', [1, 2, 0])],
    })
    await using session = await createSession(bytes)
    using state = OrtValue.allocate('string', [3])
    state.write(['one', '', 'drei\u00e4'])
    using io = session.createIoBinding({ state }, { outputs: { next: state } })
    await run(io)
    expect(state.read()).toEqual(['', 'drei\u00e4', 'one'])
    await run(io)
    expect(state.read()).toEqual(['drei\u00e4', 'one', ''])
  })

  test.each(['float32', 'string'] as const)(
    'ONNX Runtime returns the old state, of %s, while the new one is written in place',
    async (type) => {
      const bytes = model({
        inputs: [value('state', type, [3])],
        outputs: [value('next', type, [3]), value('state', type, [3])],
        nodes: [node('Gather', ['state', 'order'], ['next'])],
        initializers: [ints('order', [1, 2, 0])],
      })
      await using session = await createSession(bytes)
      using state = OrtValue.allocate(type, [3])
      let old = type === 'string' ? ['a', 'b', 'c'] : [1, 2, 3]
      state.write((type === 'string' ? old : Float32Array.from(old as number[])) as never)
      using io = session.createIoBinding({ state }, { outputs: { next: state, state: 'dynamic' } })
      const results: OrtValue[] = []
      for (let i = 0; i < 3; ++i) {
        await run(io)
        results.push(io.outputValue('state')!)
        expect(Array.from(results.at(-1)!.read() as Iterable<unknown>)).toEqual(old)
        old = [...old.slice(1), old[0]!] as typeof old
        expect(Array.from(state.read() as Iterable<unknown>)).toEqual(old)
      }
      // They are the caller's.
      expect(Array.from(results[0]!.read() as Iterable<unknown>)).toEqual(old)
    },
  )

  test('strings that ONNX Runtime returns are not the input', async () => {
    await using session = await createSession(returnedStrings())
    using x = OrtValue.allocate('string', [2])
    x.write(['a', 'b'])
    using io = session.createIoBinding({ x }, { outputs: { x: 'dynamic' } })
    await run(io)
    const results = ['x', 'y'].map((name) => io.outputValue(name)!)
    x.write(['c', 'd'])
    for (const result of results) expect(result.read()).toEqual(['a', 'b'])
  })

  test('strings that the graph returns are copied', async () => {
    await using session = await createSession(returnedStrings())
    using x = OrtValue.allocate('string', [2])
    using out = OrtValue.allocate('string', [2])
    x.write(['a', 'b'])
    using io = session.createIoBinding({ x }, { outputs: { x: out } })
    await run(io)
    await run(io)
    expect([x.read(), out.read()]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  test('outputs that overlap are refused, and the binding stays as it was', async () => {
    await using session = await createSession(twoOutputs())
    const memory = new Float32Array(6)
    const wrap = (from: number) => OrtValue.wrap('float32', memory.subarray(from, from + 3), [3])
    const [y, z] = [wrap(0), wrap(3)]
    using io = session.createIoBinding({ x: [3] }, { outputs: { y, z } })
    ;(io.inputs.x as Float32Array).set([1, 2, 3])
    for (const from of [0, 1, 2]) {
      expect(() => io.bindOrtValueOutput('z', wrap(from))).toThrow(
        expect.objectContaining({
          code: 'ERR_MEMORY_OVERLAP',
          remedy: expect.stringMatching(/clearBindingOutputs/),
        }),
      )
    }
    expect(() => io.bindOrtValueOutput('z', y, { inPlace: 'alias' })).toThrow(/same memory/)
    expect(io.outputValue('z')).toBe(z)
    await run(io)
    expect(numbers(memory)).toEqual([-1, -2, -3, 2, 4, 6])
    // To exchange them, all are unbound.
    io.clearBindingOutputs()
    io.bindOrtValueOutput('y', z)
    io.bindOrtValueOutput('z', y)
    await run(io)
    expect(numbers(memory)).toEqual([2, 4, 6, -1, -2, -3])
    expect(() => session.createIoBinding({ x: [3] }, { outputs: { y, z: y } })).toThrow(/same memory/)
  })

  test('an input and an output that overlap in part are refused, in both orders', async () => {
    await using session = await createSession(twoOutputs())
    const memory = Float32Array.of(1, 2, 3, 4)
    const part = (from: number) => OrtValue.wrap('float32', memory.subarray(from, from + 3), [3])
    const code = expect.objectContaining({ code: 'ERR_MEMORY_OVERLAP' })
    expect(() => session.createIoBinding({ x: part(0) }, { outputs: { y: part(1) } })).toThrow(code)
    using io = session.createIoBinding({ x: [3] }, { outputs: { y: part(1) } })
    expect(() => io.bindOrtValueInput('x', part(0))).toThrow(code)
    io.bindOrtValueInput('x', OrtValue.wrap('float32', Float32Array.of(5, 6, 7), [3]))
    await run(io)
    expect(numbers(memory)).toEqual([1, -5, -6, -7])
  })

  test('two values take turns without a copy', async () => {
    await using session = await createSession(stateful([3, 3], [node('Transpose', ['state'], ['next'])]))
    let [one, two] = [OrtValue.allocate('float32', [3, 3]), OrtValue.allocate('float32', [3, 3])]
    let expected = counting([3, 3])
    one.data.set(expected)
    using io = session.createIoBinding({ state: one }, { outputs: { next: two } })
    for (let i = 0; i < 4; ++i) {
      expected = cases[0]!.next(expected)
      await run(io)
      expect(numbers(two.data)).toEqual(expected)
      ;[one, two] = [two, one]
      io.bindOrtValueInput('state', one)
      io.bindOrtValueOutput('next', two)
    }
  })

  test('an output leaves the memory of an input, and comes back', async () => {
    await using session = await createSession(stateful([4], cumSum(), [ints('axis', [0], [])]))
    using state = OrtValue.allocate('float32', [4])
    using apart = OrtValue.allocate('float32', [4])
    state.data.set([1, 1, 1, 1])
    using io = session.createIoBinding({ state }, { outputs: { next: state } })
    await run(io)
    expect(numbers(state.data)).toEqual([4, 3, 2, 1])
    io.bindOrtValueOutput('next', apart)
    await run(io)
    expect([numbers(state.data), numbers(apart.data)]).toEqual([
      [4, 3, 2, 1],
      [10, 6, 3, 1],
    ])
    io.bindOrtValueInput('state', apart)
    await run(io)
    expect([numbers(state.data), numbers(apart.data)]).toEqual([
      [4, 3, 2, 1],
      [20, 10, 4, 1],
    ])
  })

  test("an elementwise state can be written at once: inPlace 'alias'", async () => {
    await using session = await createSession(stateful([4], [node('Neg', ['state'], ['next'])]))
    using state = OrtValue.allocate('float32', [4])
    state.data.set([1, 2, 3, 4])
    using io = session.createIoBinding({ state }, { outputs: { next: state }, inPlace: 'alias' })
    await run(io)
    expect(numbers(state.data)).toEqual([-1, -2, -3, -4])
    io.bindOrtValueOutput('next', state, { inPlace: 'alias' })
    await run(io)
    expect(numbers(state.data)).toEqual([1, 2, 3, 4])
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', expected: 'copy, alias' })
    expect(() => io.bindOrtValueOutput('next', state, { inPlace: 'swap' as never })).toThrow(wrong)
  })

  test('an input that is returned does not fit another shape', async () => {
    await using session = await createSession(passThrough())
    using out = OrtValue.allocate('float32', [2])
    using io: IoBinding = session.createIoBinding({ x: [3] }, { outputs: { x: out } })
    const error = expect.objectContaining({ code: 'ERR_OUTPUT_SHAPE', expected: '[3]', given: '[2]' })
    await expect((async () => run(io))()).rejects.toEqual(error)
  })
})

function cumSum() {
  return [node('CumSum', ['state', 'axis'], ['next'], { reverse: 1 })]
}

test.runIf(isNative)('types of fewer bits, by runSync', async () => {
  for (const [type, values, expected] of [
    ['bool', [1, 0, 0, 1], [0, 0, 1, 1]],
    ['float16', [1, 2, 3, 4], [2, 3, 4, 1]],
    ['uint8', [1, 2, 3, 4], [2, 3, 4, 1]],
    ['bfloat16', [1, 2, 3, 4], [2, 3, 4, 1]],
  ] as const) {
    const bytes = model({
      inputs: [value('state', type, [4])],
      outputs: [value('next', type, [4])],
      nodes: [node('Gather', ['state', 'order'], ['next'])],
      initializers: [ints('order', [1, 2, 3, 0])],
    })
    if (deviceName === 'webgpu' && type === 'float16') continue
    await using session = await createSession(bytes)
    using state = OrtValue.allocate(type, [4])
    state.data.set(values as never)
    using io = session.createIoBinding({ state }, { outputs: { next: state } })
    io.runSync()
    expect(numbers(state.data as never)).toEqual(expected)
  }
})

test.runIf(isNative && !onDevice).each(runForms)('types of less than a byte, by %s', async (_form, run) => {
  // Five elements: the last byte is not full.
  for (const [type, packed, expected] of [
    ['int4', [0x21, 0xf3, 0x08], [0x32, 0x8f, 0x01]],
    ['uint4', [0x21, 0xf3, 0x08], [0x32, 0x8f, 0x01]],
  ] as const) {
    const [code, float] = [elementTypes[type]!.code, elementTypes.float32!.code]
    const bytes = model({
      inputs: [value('state', type, [5])],
      outputs: [value('next', type, [5]), value('state', type, [5])],
      nodes: [
        node('Cast', ['state'], ['numbers'], { to: float }),
        node('Gather', ['numbers', 'order'], ['rotated']),
        node('Cast', ['rotated'], ['next'], { to: code }),
      ],
      initializers: [ints('order', [1, 2, 3, 4, 0])],
      opset: 21,
      irVersion: 10,
    })
    await using session = await createSession(bytes)
    using state = OrtValue.allocate(type, [5])
    state.data.set(packed)
    using io = session.createIoBinding({ state }, { outputs: { next: state, state: 'dynamic' } })
    await run(io)
    expect([numbers(state.data), numbers(io.outputs.state as Uint8Array)]).toEqual([expected, packed])
    using old = OrtValue.allocate(type, [5])
    io.bindOrtValueOutput('state', old)
    await run(io)
    expect(numbers(old.data)).toEqual(expected)
    for (let i = 0; i < 3; i++) await run(io)
    expect(numbers(state.data)).toEqual(packed)
  }
})
