import { OrtValue, type TypedArray } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName } from '../helpers/device'
import { runForms } from '../helpers/engine'
import { counting, ints, numbers, passThrough, stateful } from '../helpers/in-place-models'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'

// The values of a state after each run are computed here, from a copy of the state before it.

interface Case {
  readonly name: string
  readonly model: Uint8Array
  readonly type?: 'float32' | 'int64' | 'int32'
  readonly dims: readonly number[]
  readonly next: (old: readonly number[]) => number[]
}

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
