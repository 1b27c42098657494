// What the export check finds in names and axes, on models that are built to have it. test/export has what PyTorch's exporters do.
import { describe, expect, test } from 'vitest'
import { cpuTest } from '../helpers/device.ts'
import { addOne, check, f32, i64, ramp, summary, sumOfFirst } from '../helpers/export-check.ts'
import { model, node, tensor, value } from '../helpers/onnx-graph.mjs'

test('a model that matches the samples has no findings', async () => {
  const report = await check(addOne(['batch', 'width']), [
    { inputs: { x: f32([1, 2], [1, 2]) }, outputs: { y: f32([1, 2], [2, 3]) } },
    { inputs: { x: f32([2, 3], ramp(6)) }, outputs: { y: f32([2, 3], ramp(6, 1.5)) } },
  ])
  expect(report).toEqual({
    ok: true,
    findings: [],
    runs: [
      { sample: 0, inputs: { x: [1, 2] }, outputs: { y: [1, 2] }, largestDifference: 0 },
      { sample: 1, inputs: { x: [2, 3] }, outputs: { y: [2, 3] }, largestDifference: 0 },
    ],
  })
})

describe('names', () => {
  test('an input that the model lacks is reported', async () => {
    const one = { x: f32([1, 2], [1, 2]), scale: f32([], [3]) }
    const report = await check(addOne(['batch', 2]), [
      { inputs: one },
      { inputs: { ...one, x: f32([3, 2], ramp(6)) } },
    ])
    expect(summary(report)).toEqual(['input-vanished scale'])
    expect(report.findings[0]).toMatchObject({ message: "the model has no input 'scale': it has 'x'" })
    expect(report.findings[0]!.remedy).toContain('bakes in')
    // The rest of the check is done all the same.
    expect(report.runs).toHaveLength(2)
  })

  test('names that match nothing are reported, and nothing runs', async () => {
    const report = await check(addOne(['batch', 2]), [{ inputs: { z: f32([1, 2], [1, 2]) } }])
    expect(summary(report)).toEqual(['input-vanished z', 'input-unknown x'])
    expect(report).toMatchObject({ ok: false, runs: [] })
  })

  test('an input of another type is reported', async () => {
    const report = await check(addOne([2]), [{ inputs: { x: i64([2], [1, 2]) } }])
    expect(summary(report)).toEqual(['input-type x'])
    expect(report.findings[0]!.message).toBe("input 'x' is float32, and the sample has int64")
  })

  test('outputs of other names are reported', async () => {
    const report = await check(addOne([2]), [
      { inputs: { x: f32([2], [1, 2]) }, outputs: { logits: f32([2], [2, 3]) } },
    ])
    expect(summary(report)).toEqual(['output-vanished logits', '(note) output-unknown y'])
  })
})

describe('axes', () => {
  test('an axis that is declared fixed is reported', async () => {
    const report = await check(addOne(['batch', 2]), [
      { inputs: { x: f32([1, 2], [1, 2]) } },
      { inputs: { x: f32([2, 3], ramp(6)) } },
    ])
    expect(summary(report)).toEqual(['axis-fixed x 1', '(note) run-failed'])
    expect(report.findings[0]!.message).toBe("axis 1 of 'x' is fixed at 2, and a sample has 3")
    expect(report.runs[1]!.error).toContain('ERR_SHAPE_MISMATCH')
  })

  /** y = x in the shape [-1, 2, 3], whatever is declared. */
  const reshaped = model({
    inputs: [value('x', 'float32', ['batch', 'sequence', 3])],
    outputs: [value('y', 'float32', ['batch', 'sequence', 3])],
    nodes: [node('Reshape', ['x', 'shape'], ['flat']), node('Add', ['flat', 'x'], ['y'])],
    initializers: [tensor('shape', 'int64', [3], [-1n, 2n, 3n])],
  })

  test('an axis that is fixed although it is declared dynamic is reported, among two', async () => {
    const report = await check(reshaped, [
      { inputs: { x: f32([1, 2, 3], ramp(6)) } },
      { inputs: { x: f32([3, 5, 3], ramp(45)) } },
    ])
    expect(summary(report)).toEqual(['axis-fixed x 1', '(note) run-failed'])
    expect(report.findings[0]!.message).toMatch(
      /^axis 1 of 'x' \(declared 'sequence'\) accepts 2 but not 5: ERR_ORT_/,
    )
  })

  test('a single sample is tried in other sizes, and a failure is a note', async () => {
    const report = await check(reshaped, [{ inputs: { x: f32([1, 2, 3], ramp(6)) } }])
    expect(summary(report)).toEqual(['(note) axis-fixed x 1'])
    expect(report.findings[0]!.message).toContain('accepts 2 but not 3')
    expect(report.findings[0]!.remedy).toContain('Add a sample of 3')
  })

  test('a sample of another rank is reported as a failed run', async () => {
    const report = await check(addOne(['batch', 'width']), [
      { inputs: { x: f32([1, 2], [1, 2]) } },
      { inputs: { x: f32([6], ramp(6)) } },
    ])
    expect(summary(report)).toEqual(['run-failed'])
    expect(report.findings[0]!.message).toContain('ERR_SHAPE_MISMATCH')
  })

  test('a loop that is unrolled for the traced length is reported', async () => {
    const longer = { inputs: { x: f32([2, 6], ramp(12)) } }
    const report = await check(sumOfFirst(4), [{ inputs: { x: f32([1, 4], ramp(4)) } }, longer])
    expect(summary(report)).toEqual(['tail-without-effect x 1'])
    expect(report.findings[0]!.message).toBe(
      "elements of 'x' beyond 4 along axis 1 change no output, at a size of 6",
    )
    // And with one sample.
    expect(summary(await check(sumOfFirst(4), [{ inputs: { x: f32([1, 4], ramp(4)) } }]))).toEqual([
      'tail-without-effect x 1',
    ])
    expect(summary(await check(sumOfFirst(100), [{ inputs: { x: f32([1, 4], ramp(4)) } }, longer]))).toEqual(
      [],
    )
  })

  cpuTest('a GPU does not look whether an index is in the table')(
    'a sample that fails for another reason blames no axis',
    async () => {
      const gather = model({
        inputs: [value('i', 'int64', ['n'])],
        outputs: [value('y', 'float32', ['n'])],
        nodes: [node('Gather', ['table', 'i'], ['y'])],
        initializers: [tensor('table', 'float32', [4], [0, 1, 2, 3])],
      })
      const report = await check(gather, [
        { inputs: { i: i64([2], [0, 3]) } },
        { inputs: { i: i64([2], [0, 9]) } },
        { inputs: { i: i64([3], [1, 2, 3]) } },
      ])
      expect(summary(report)).toEqual(['run-failed'])
      expect(report.findings[0]).toMatchObject({ sample: 1, message: expect.stringContaining('ERR_ORT_') })
    },
  )
})
