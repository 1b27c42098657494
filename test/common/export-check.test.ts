// What the export check finds, on models that are built to have it. What PyTorch's exporters really do is in test/export.
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import {
  checkExport,
  type ExportReport,
  type Samples,
  type SampleTensor,
} from 'onnxruntime-iobinding/export-check'
import { describe, expect, test } from 'vitest'
import { cpuDescribe, cpuTest, createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { type Dim, model, node, sequenceType, tensor, tensorType, value } from '../helpers/onnx-graph.mjs'

const f32 = (dims: number[], data: (number | string)[]): SampleTensor => ({ type: 'float32', dims, data })
const i64 = (dims: number[], data: number[]): SampleTensor => ({ type: 'int64', dims, data })
const ramp = (length: number, start = 0.5): number[] => Array.from({ length }, (_, i) => start + i)

async function check(bytes: Uint8Array, samples: Samples): Promise<ExportReport> {
  await using session = await createSession(bytes, { logSeverityLevel: 4 })
  return await checkExport(session, samples)
}

/** `code input/output/axis` of each problem, and of each note with a mark. */
function summary({ findings }: ExportReport): string[] {
  return findings.map(({ code, severity, input, output, axis }) =>
    [severity === 'note' ? '(note)' : '', code, input, output, axis]
      .filter((part) => part !== '' && part !== undefined)
      .join(' '),
  )
}

/** y = x + 1, of these declared dims. */
function addOne(dims: readonly Dim[]): Uint8Array {
  return model({
    inputs: [value('x', 'float32', dims)],
    outputs: [value('y', 'float32', dims)],
    nodes: [node('Add', ['x', 'one'], ['y'])],
    initializers: [tensor('one', 'float32', [1], [1])],
  })
}

/** y = the sum along axis 1 of the first `length` of x: a loop that was unrolled. */
function sumOfFirst(length: number): Uint8Array {
  return model({
    inputs: [value('x', 'float32', ['batch', 'sequence'])],
    outputs: [value('y', 'float32', ['batch', 1])],
    nodes: [
      node('Slice', ['x', 'start', 'end', 'axis'], ['head']),
      node('ReduceSum', ['head', 'axis'], ['y']),
    ],
    initializers: [
      tensor('start', 'int64', [1], [0n]),
      tensor('end', 'int64', [1], [BigInt(length)]),
      tensor('axis', 'int64', [1], [1n]),
    ],
  })
}

test('a model that does what the samples say has no findings', async () => {
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

test('without expected outputs, and from a function, as Tensors or OrtValues', async () => {
  const report = await check(addOne(['batch', 'width']), (session) => {
    expect(session.inputNames).toEqual(['x'])
    const x = OrtValue.allocate('float32', [1, 2])
    x.write(Float32Array.of(1, 2))
    return [{ inputs: { x } }, { inputs: { x: new Tensor('float32', ramp(6), [2, 3]) } }]
  })
  expect(report.ok).toBe(true)
  expect(report.runs[1]).toEqual({ sample: 1, inputs: { x: [2, 3] }, outputs: { y: [2, 3] } })
})

describe('names', () => {
  test('an input that vanished', async () => {
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

  test('names that were shifted: nothing can be run', async () => {
    const report = await check(addOne(['batch', 2]), [{ inputs: { z: f32([1, 2], [1, 2]) } }])
    expect(summary(report)).toEqual(['input-vanished z', 'input-unknown x'])
    expect(report).toMatchObject({ ok: false, runs: [] })
  })

  test('an input of another type', async () => {
    const report = await check(addOne([2]), [{ inputs: { x: i64([2], [1, 2]) } }])
    expect(summary(report)).toEqual(['input-type x'])
    expect(report.findings[0]!.message).toBe("input 'x' is float32, and the sample has int64")
  })

  test('outputs of other names', async () => {
    const report = await check(addOne([2]), [
      { inputs: { x: f32([2], [1, 2]) }, outputs: { logits: f32([2], [2, 3]) } },
    ])
    expect(summary(report)).toEqual(['output-vanished logits', '(note) output-unknown y'])
  })
})

describe('axes', () => {
  test('one that is declared fixed', async () => {
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

  test('one that is declared dynamic, and is not: the one of two is found', async () => {
    const report = await check(reshaped, [
      { inputs: { x: f32([1, 2, 3], ramp(6)) } },
      { inputs: { x: f32([3, 5, 3], ramp(45)) } },
    ])
    expect(summary(report)).toEqual(['axis-fixed x 1', '(note) run-failed'])
    expect(report.findings[0]!.message).toMatch(
      /^axis 1 of 'x' \(declared 'sequence'\) accepts 2 but not 5: ERR_ORT_/,
    )
  })

  test('the same with one sample: other sizes are tried, and what fails is a note', async () => {
    const report = await check(reshaped, [{ inputs: { x: f32([1, 2, 3], ramp(6)) } }])
    expect(summary(report)).toEqual(['(note) axis-fixed x 1'])
    expect(report.findings[0]!.message).toContain('accepts 2 but not 3')
    expect(report.findings[0]!.remedy).toContain('Add a sample of 3')
  })

  test('a sample of another rank', async () => {
    const report = await check(addOne(['batch', 'width']), [
      { inputs: { x: f32([1, 2], [1, 2]) } },
      { inputs: { x: f32([6], ramp(6)) } },
    ])
    expect(summary(report)).toEqual(['run-failed'])
    expect(report.findings[0]!.message).toContain('ERR_SHAPE_MISMATCH')
  })

  test('a loop unrolled for the traced length: what is beyond it has no effect', async () => {
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
    'a sample that cannot be run for another reason',
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

describe('results', () => {
  test('that are wrong: the first element is named', async () => {
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

  test('within a tolerance of the samples', async () => {
    const sample = { inputs: { x: f32([2], [1, 2]) }, outputs: { y: f32([2], [2.05, 3]) } }
    expect((await check(addOne([2]), { samples: [sample], tolerance: { atol: 0.1 } })).ok).toBe(true)
    expect((await check(addOne([2]), { samples: [sample] })).ok).toBe(false)
  })

  test('a number is not near an infinite one, and NaN is NaN', async () => {
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
  test('give others in each run', async () => {
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
  test('an input that has none, an output that nothing has one on', async () => {
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

  test('a threshold far away, a table, a mask of ones are seen to have one', async () => {
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

  test('an input that a flag switches off in the first sample, and on in another', async () => {
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

  test('an input of which only the shape counts, and an output of positions', async () => {
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

  test('a sum over bools, a column of NaN', async () => {
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

  test('an empty tensor cannot be varied', async () => {
    expect(summary(await check(addOne(['n']), [{ inputs: { x: f32([0], []) } }]))).toEqual([
      '(note) input-not-varied x',
    ])
  })

  test.each(['float16', 'float64', 'int32', 'uint8', 'int8', 'string'])('of %s', async (type) => {
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
  })
})

describe('samples that are none', () => {
  const code = (
    samples: unknown,
    says: string | string[],
    code: RegExp | 'ERR_INVALID_ARG_TYPE' = 'ERR_INVALID_ARG_TYPE',
  ) => expectError(() => check(addOne([2]), samples as Samples), code, { says })

  test('are errors that name the place', async () => {
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

  test('a session that was released', async () => {
    const session = await createSession(addOne([2]))
    await session.release()
    await expectError(() => checkExport(session, [{ inputs: { x: f32([2], [1, 2]) } }]), 'ERR_DISPOSED')
  })
})

describe('what is no tensor', () => {
  const sequence = model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('s', sequenceType(tensorType('float32', ['n'])))],
    nodes: [node('SequenceConstruct', ['x', 'x'], ['s'])],
  })

  const native = isNative ? cpuTest('sequences are not for a device') : test.skip

  native('an output is not looked at, which is said', async () => {
    const x = f32([2], [1, 2])
    expect(summary(await check(sequence, [{ inputs: { x } }]))).toEqual(['(note) output-unknown s'])
    expect(summary(await check(sequence, [{ inputs: { x }, outputs: { s: x } }]))).toEqual([
      '(note) output-unknown s',
      'output-mismatch s',
    ])
  })
})

test('data of typed arrays are copied: a Buffer is left as it was, and so is what was reused', async () => {
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
