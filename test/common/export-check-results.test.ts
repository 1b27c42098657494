// What the export check finds in results and effects of inputs, on models that are built to have it.
import type { SampleTensor } from 'onnxruntime-iobinding/export-check'
import { describe, expect, test } from 'vitest'
import { cpuDescribe } from '../helpers/device.ts'
import { addOne, check, f32, i64, ramp, summary } from '../helpers/export-check.ts'
import { model, node, tensor, value } from '../helpers/onnx-graph.mjs'

describe('results', () => {
  test('a wrong output is reported with its first wrong element', async () => {
    const report = await check(addOne(['n']), [
      { inputs: { x: f32([2], [1, 2]) }, outputs: { y: f32([2], [2, 3]) } },
      { inputs: { x: f32([3], [1, 2, 3]) }, outputs: { y: f32([3], [2, 3.5, 'NaN']) } },
      { inputs: { x: f32([1], [1]) }, outputs: { y: f32([1, 1], [2]) } },
    ])
    expect(summary(report)).toEqual(['output-mismatch y', 'output-mismatch y'])
    expect(report.findings.map(({ sample, message }) => [sample, message])).toEqual([
      [1, "output 'y' is wrong: element 1 is 3, expected 3.5"],
      [2, "output 'y' is float32 [1], expected float32 [1, 1]"],
    ])
  })

  test('a difference within the tolerance of the samples is not reported', async () => {
    const sample = { inputs: { x: f32([2], [1, 2]) }, outputs: { y: f32([2], [2.05, 3]) } }
    expect((await check(addOne([2]), { samples: [sample], tolerance: { atol: 0.1 } })).ok).toBe(true)
    expect((await check(addOne([2]), { samples: [sample] })).ok).toBe(false)
  })

  test('NaN equals NaN, and a finite number differs from an infinite one', async () => {
    const x = f32([3], ['NaN', 'Infinity', '-Infinity'])
    expect((await check(addOne([3]), [{ inputs: { x }, outputs: { y: x } }])).runs[0]).toMatchObject({
      largestDifference: 0,
    })
    const wrong = { y: f32([3], ['NaN', 5, '-Infinity']) }
    expect(summary(await check(addOne([3]), [{ inputs: { x }, outputs: wrong }]))).toEqual([
      'output-mismatch y',
    ])
  })
})

cpuDescribe('what is random is not on a device')('random nodes', () => {
  test('an output that differs between runs is reported', async () => {
    const noisy = model({
      inputs: [value('x', 'float32', [8])],
      outputs: [value('y', 'float32', [8]), value('z', 'float32', [8])],
      nodes: [
        node('RandomNormalLike', ['x'], ['noise']),
        node('Add', ['x', 'noise'], ['y']),
        node('Neg', ['x'], ['z']),
      ],
    })
    const report = await check(noisy, [{ inputs: { x: f32([8], ramp(8)) } }])
    expect(summary(report)).toEqual(['output-varies y'])
    expect(report.findings[0]!.remedy).toContain('model.eval()')
  })
})

describe('effects', () => {
  test('an input without effect and a constant output are reported', async () => {
    const bytes = model({
      inputs: [value('x', 'float32', [2]), value('mask', 'int64', [2]), value('flag', 'bool', [])],
      outputs: [value('y', 'float32', [2]), value('z', 'float32', [2]), value('constant', 'float32', [1])],
      nodes: [
        node('Mul', ['mask', 'zero'], ['nothing']),
        node('Cast', ['nothing'], ['offset'], { to: 1 }),
        node('Add', ['x', 'offset'], ['y']),
        node('Where', ['flag', 'x', 'one'], ['z']),
        node('Identity', ['one'], ['constant']),
      ],
      initializers: [tensor('zero', 'int64', [1], [0n]), tensor('one', 'float32', [1], [1])],
    })
    const inputs = {
      x: f32([2], [1, 2]),
      mask: i64([2], [1, 1]),
      flag: { type: 'bool', dims: [], data: [true] } as const,
    }
    const report = await check(bytes, [{ inputs }])
    expect(summary(report)).toEqual([
      'input-without-effect mask',
      '(note) output-ignores-input flag y',
      'output-constant constant',
    ])
  })

  test('a distant threshold, a table and a mask of ones are not reported as problems', async () => {
    const bytes = model({
      inputs: [value('x', 'float32', [2]), value('i', 'int64', [2]), value('mask', 'int64', [2])],
      outputs: [value('y', 'bool', [2]), value('z', 'float32', [2])],
      nodes: [
        node('Greater', ['x', 'limit'], ['y']),
        node('Gather', ['table', 'i'], ['row']),
        node('Cast', ['mask'], ['weight'], { to: 1 }),
        node('Mul', ['row', 'weight'], ['z']),
      ],
      initializers: [tensor('limit', 'float32', [1], [5]), tensor('table', 'float32', [3], [1, 2, 4])],
    })
    const inputs = { x: f32([2], [0, 0]), i: i64([2], [2, 0]), mask: i64([2], [1, 1]) }
    const { findings } = await check(bytes, [{ inputs }])
    expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  })

  test('an input that a flag disables is reported if no sample enables it', async () => {
    const bytes = model({
      inputs: [value('x', 'float32', [2]), value('flag', 'bool', [1])],
      outputs: [value('y', 'float32', [2])],
      nodes: [node('Cast', ['flag'], ['on'], { to: 1 }), node('Mul', ['x', 'on'], ['y'])],
    })
    const x = f32([2], [1, 2])
    const flag = (on: boolean): SampleTensor => ({ type: 'bool', dims: [1], data: [on] })
    expect(summary(await check(bytes, [{ inputs: { x, flag: flag(false) } }]))).toEqual([
      'input-without-effect x',
    ])
    const both = [false, true].map((on) => ({ inputs: { x, flag: flag(on) } }))
    expect(summary(await check(bytes, both))).toEqual([])
  })

  test('an input whose shape alone matters is a note', async () => {
    const bytes = model({
      inputs: [value('x', 'float32', ['n'])],
      outputs: [value('size', 'int64', [1]), value('y', 'float32', ['n'])],
      nodes: [node('Shape', ['x'], ['size']), node('Expand', ['one', 'size'], ['y'])],
      initializers: [tensor('one', 'float32', [1], [1])],
    })
    const expected = ['(note) input-without-effect x']
    expect(summary(await check(bytes, [{ inputs: { x: f32([2], [1, 2]) } }]))).toEqual(expected)
    const samples = [2, 3].map((size) => ({ inputs: { x: f32([size], ramp(size)) } }))
    expect(summary(await check(bytes, samples))).toEqual(expected)
  })

  test('a sum over bools and a column of NaN are not reported as problems', async () => {
    const bytes = model({
      inputs: [value('mask', 'bool', [2]), value('x', 'float32', [2])],
      outputs: [value('count', 'int64', [1]), value('y', 'float32', [2])],
      nodes: [
        node('Cast', ['mask'], ['ones'], { to: 7 }),
        node('ReduceSum', ['ones', 'axes'], ['count']),
        node('Identity', ['x'], ['y']),
      ],
      initializers: [tensor('axes', 'int64', [1], [0n])],
    })
    const mask = { type: 'bool', dims: [2], data: [true, false] } as const
    const report = await check(bytes, [{ inputs: { mask, x: f32([2], ['NaN', 'NaN']) } }])
    expect(report.findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  })

  test('an empty tensor cannot be varied, which is a note', async () => {
    expect(summary(await check(addOne(['n']), [{ inputs: { x: f32([0], []) } }]))).toEqual([
      '(note) input-not-varied x',
    ])
  })

  test.each(['float16', 'float64', 'int32', 'uint8', 'int8', 'string'])(
    'values of %s are varied',
    async (type) => {
      const data = type === 'string' ? ['a', 'b'] : [1, 2]
      const identity = model({
        inputs: [value('x', type, ['n'])],
        outputs: [value('y', type, ['n'])],
        nodes: [node('Identity', ['x'], ['y'])],
      })
      const x = { type, dims: [2], data } as SampleTensor
      const report = await check(identity, [{ inputs: { x }, outputs: { y: x } }])
      expect(report.findings).toEqual([])
      expect(report.runs[0]!.error).toBeUndefined()
    },
  )
})
