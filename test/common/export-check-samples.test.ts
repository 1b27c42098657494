// The samples that the export check takes, and those that it refuses.
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { checkExport, type Samples } from 'onnxruntime-iobinding/export-check'
import { describe, expect, test } from 'vitest'
import { cpuTest, createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { addOne, check, f32, i64, ramp, summary } from '../helpers/export-check.ts'
import { model, node, sequenceType, tensorType, value } from '../helpers/onnx-graph.mjs'

test('samples can have no outputs, come from a function, and be Tensors or OrtValues', async () => {
  const report = await check(addOne(['batch', 'width']), (session) => {
    expect(session.inputNames).toEqual(['x'])
    const x = OrtValue.allocate('float32', [1, 2])
    x.write(Float32Array.of(1, 2))
    return [{ inputs: { x } }, { inputs: { x: new Tensor('float32', ramp(6), [2, 3]) } }]
  })
  expect(report.ok).toBe(true)
  expect(report.runs[1]).toEqual({ sample: 1, inputs: { x: [2, 3] }, outputs: { y: [2, 3] } })
})

describe('samples', () => {
  const code = (
    samples: unknown,
    says: string | string[],
    code: RegExp | 'ERR_INVALID_ARG_TYPE' = 'ERR_INVALID_ARG_TYPE',
  ) => expectError(() => check(addOne([2]), samples as Samples), code, { says })

  test('are refused if they are invalid, with an error that names the place', async () => {
    await code(undefined, 'these are not samples')
    await code([], ['these are not samples', 'at least one'])
    await code([{}], "'samples[0]' has no inputs")
    await code([{ inputs: { x: 5 } }], ["'samples[0].inputs.x' is not a tensor", '{ type, dims, data }'])
    await code(
      [{ inputs: { x: { type: 'float', dims: [], data: [1] } } }],
      'float32',
      /ERR_INVALID_ARG_VALUE/,
    )
    await code([{ inputs: { x: f32([3], [1, 2]) } }], '3 elements, got 2', /ERR_INVALID_LENGTH/)
    await code(
      [{ inputs: { x: f32([2], [1, 'abc']) } }],
      "x.data[1]' is not a valid float32",
      /ERR_INVALID_ARG_VALUE/,
    )
    await code([{ inputs: { x: f32([2], [1, null as never]) } }], "x.data[1]'", /ERR_INVALID_ARG_VALUE/)
    await code(
      [{ inputs: { x: i64([2], [1, 1.5]) } }],
      "x.data[1]' is not a valid int64",
      /ERR_INVALID_ARG_VALUE/,
    )
    await code(
      [{ inputs: { x: i64([1], [2 ** 53]) } }],
      "x.data[0]' is not a valid int64",
      /ERR_INVALID_ARG_VALUE/,
    )
    for (const data of [[300], [-1], [0.5], [''], ['Infinity']]) {
      const x = { type: 'uint8', dims: [1], data }
      await code([{ inputs: { x } }], "x.data[0]' is not a valid uint8", /ERR_INVALID_ARG_VALUE/)
    }
    const sample = { inputs: { x: f32([2], [1, 2]) } }
    await code([{ ...sample, output: {} }], "Did you mean 'outputs'", /ERR_UNKNOWN_OPTION/)
    await code([{ ...sample, outputs: [] }], "'samples[0].outputs' must be an object")
    await code({ samples: [sample], tolerance: 0.1 }, "'tolerance' must be { rtol, atol }")
    await code({ samples: [sample], tolerance: { atl: 1 } }, "Did you mean 'atol'", /ERR_UNKNOWN_OPTION/)
    await code(
      { samples: [{ inputs: {} }], tolerance: { rtol: -1 } },
      'tolerance.rtol',
      /ERR_INVALID_ARG_VALUE/,
    )
  })

  test('are refused if their session is released', async () => {
    const session = await createSession(addOne([2]))
    await session.release()
    await expectError(() => checkExport(session, [{ inputs: { x: f32([2], [1, 2]) } }]), 'ERR_DISPOSED')
  })
})

describe('values that are not tensors', () => {
  const sequence = model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('s', sequenceType(tensorType('float32', ['n'])))],
    nodes: [node('SequenceConstruct', ['x', 'x'], ['s'])],
  })

  const native = isNative ? cpuTest('sequences are not for a device') : test.skip

  native('are not compared, which is a note', async () => {
    const x = f32([2], [1, 2])
    expect(summary(await check(sequence, [{ inputs: { x } }]))).toEqual(['(note) output-unknown s'])
    expect(summary(await check(sequence, [{ inputs: { x }, outputs: { s: x } }]))).toEqual([
      '(note) output-unknown s',
      'output-mismatch s',
    ])
  })
})

test('data of typed arrays are copied, and a Buffer and reused arrays stay unchanged', async () => {
  const bytes = model({
    inputs: [value('x', 'uint8', ['n'])],
    outputs: [value('y', 'uint8', ['n'])],
    nodes: [node('Identity', ['x'], ['y'])],
  })
  const [one, two] = [Buffer.from([1, 2]), Buffer.from([3, 4, 5])]
  const samples = [one, two].map((data) => ({ inputs: { x: new Tensor('uint8', data, [data.length]) } }))
  const pending = check(bytes, samples)
  expect((await pending).findings).toEqual([])
  expect([...one, ...two]).toEqual([1, 2, 3, 4, 5])
})

test('float16 and bfloat16 are numbers in lists, and bits in a Uint16Array', async () => {
  for (const [type, bits] of [
    ['float16', 0x3e00],
    ['bfloat16', 0x3fc0],
  ] as const) {
    if (type === 'bfloat16' && !isNative) continue // onnxruntime-node has none
    const bytes = model({
      inputs: [value('x', type, [1])],
      outputs: [value('y', type, [1])],
      nodes: [node('Identity', ['x'], ['y'])],
    })
    const [list, array] = [[1.5], Uint16Array.of(bits)].map((data) => ({ type, dims: [1], data }))
    const report = await check(bytes, [{ inputs: { x: list! }, outputs: { y: array! } }])
    expect(report.findings).toEqual([])
  }
})

test('integers beyond 2^53 and float16 are read exactly', async () => {
  const identity = model({
    inputs: [value('i', 'int64', [1]), value('h', 'float16', [4])],
    outputs: [value('j', 'int64', [1]), value('k', 'float16', [4])],
    nodes: [node('Identity', ['i'], ['j']), node('Identity', ['h'], ['k'])],
  })
  const i = { type: 'int64', dims: [1], data: ['9007199254740993'] } as const
  const off = { ...i, data: ['9007199254740992'] }
  const h = { type: 'float16', dims: [4], data: [0.1, 65504, 6e-8, 'Infinity'] } as const
  const h16 = {
    type: 'float16',
    dims: [4],
    data: [0.0999755859375, 65504, 2 ** -24, 'Infinity'],
  } as const
  const report = await check(identity, {
    samples: [{ inputs: { i, h }, outputs: { j: off, k: h16 } }],
    tolerance: { rtol: 0, atol: 0 },
  })
  const problems = report.findings.filter(({ severity }) => severity === 'problem')
  expect(problems.map(({ message }) => message)).toEqual([
    "output 'j' is wrong: element 0 is 9007199254740993, expected 9007199254740992",
  ])
})
