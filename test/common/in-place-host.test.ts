// Bindings whose values share memory of the host.
import { type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName, onDevice } from '../helpers/device'
import { isNative, runForms } from '../helpers/engine'
import { counting, ints, numbers, passThrough, stateful } from '../helpers/in-place-models'
import { model, node, value } from '../helpers/model-builder.mjs'
import { elementTypes } from '../helpers/tensors.mjs'

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
      expected = expected.map((_, i) => expected[(i % 3) * 3 + Math.floor(i / 3)]!)
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
