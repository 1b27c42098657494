import { type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { detachable } from '../helpers/buffers.ts'
import { cpuTest, createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, oneNode, twoInputs, wrongShapeDeclared } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

// Without the log of the runs that fail, which they shall.
const create = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })
const floats = (...values: number[]) => Float32Array.from(values)

describe('a binding', () => {
  const float = OrtValue.allocate('float32', [2])
  const wide = OrtValue.allocate('float32', [2, 128])
  const integer = OrtValue.allocate('int64', [2])

  const forms: [string, unknown[], string, new () => Error, ...string[]][] = [
    ['inputs that are null', [null], 'ERR_INVALID_ARG_TYPE', TypeError, "'inputs'", 'null'],
    ['inputs that are an array', [[[2], [2]]], 'ERR_INVALID_ARG_TYPE', TypeError, "'inputs'"],
    [
      'an unknown input',
      [{ a: [2], b: [2], c: [2] }],
      'ERR_UNKNOWN_INPUT',
      RangeError,
      "'inputs'",
      "'c'",
      "'a'",
    ],
    ['a missing input', [{ a: [2] }], 'ERR_MISSING_INPUT', Error, "'b'"],
    ['no inputs', [], 'ERR_MISSING_INPUT', Error, "'a'"],
    ['another rank', [{ a: [2, 2], b: [2] }], 'ERR_SHAPE_MISMATCH', RangeError, "'a'", '[n]', '[2, 2]'],
    ['an invalid shape', [{ a: [-2], b: [2] }], 'ERR_INVALID_DIMS', RangeError, 'inputs.a', '[-2]'],
    ['a number for a shape', [{ a: 2, b: [2] }], 'ERR_INVALID_DIMS', TypeError, 'inputs.a', '2'],
    ['a Tensor for a shape', [{ a: float32([1]), b: [2] }], 'ERR_INVALID_DIMS', TypeError, 'inputs.a'],
    [
      'a value of another type',
      [{ a: integer, b: [2] }],
      'ERR_TYPE_MISMATCH',
      TypeError,
      "'a'",
      'float32',
      'int64',
    ],
    ['a value of another rank', [{ a: wide, b: [2] }], 'ERR_SHAPE_MISMATCH', RangeError, "'a'", '[2, 128]'],
    [
      'an unknown output',
      [{ a: [2], b: [2] }, { outputs: { z: [2] } }],
      'ERR_UNKNOWN_OUTPUT',
      RangeError,
      "'z'",
    ],
    [
      'an unknown fetch',
      [{ a: [2], b: [2] }, { fetches: ['z'] }],
      'ERR_UNKNOWN_OUTPUT',
      RangeError,
      "'z'",
      "'sum'",
    ],
    [
      'an output of another type',
      [{ a: [2], b: [2] }, { outputs: { sum: integer } }],
      'ERR_TYPE_MISMATCH',
      TypeError,
      "'sum'",
    ],
    [
      'an invalid output shape',
      [{ a: [2], b: [2] }, { outputs: { sum: 'fixed' } }],
      'ERR_INVALID_DIMS',
      TypeError,
      'outputs.sum',
    ],
  ]

  test.each(forms)('is refused by createIoBinding: %s', async (_title, args, code, type, ...says) => {
    await using session = await create(twoInputs())
    const call = () => session.createIoBinding(...(args as [Record<string, number[]>]))
    await expectError(call, code as 'ERR_BUSY', { type, says })
  })

  test('is refused by createIoBinding: a size other than the fixed size of the model', async () => {
    await using session = await create(mlp())
    await expectError(() => session.createIoBinding({ x: [1, 127] }), 'ERR_SHAPE_MISMATCH', {
      type: RangeError,
      says: ['[batch, 128]', '[1, 127]'],
    })
  })

  const calls: [string, (binding: IoBinding) => unknown, string, new () => Error, ...string[]][] = [
    ['an unknown input', (b) => b.bindOrtValueInput('z', float), 'ERR_UNKNOWN_INPUT', RangeError, "'z'"],
    [
      'an output for an input',
      (b) => b.bindCpuInput('sum', float32([1])),
      'ERR_UNKNOWN_INPUT',
      RangeError,
      "'sum'",
    ],
    ['an unknown output', (b) => b.bindOutput('z'), 'ERR_UNKNOWN_OUTPUT', RangeError, "'z'"],
    [
      'an input for an output',
      (b) => b.bindOrtValueOutput('a', float),
      'ERR_UNKNOWN_OUTPUT',
      RangeError,
      "'a'",
    ],
    ['an unknown name to look up', (b) => b.inputValue('z'), 'ERR_UNKNOWN_INPUT', RangeError, "'z'"],
    ['an unknown output to look up', (b) => b.outputValue('z'), 'ERR_UNKNOWN_OUTPUT', RangeError, "'z'"],
    [
      'a Tensor for a value',
      (b) => b.bindOrtValueInput('a', float32([1]) as never),
      'ERR_INVALID_ARG_TYPE',
      TypeError,
      "'value'",
      'Tensor',
    ],
    [
      'nothing for a value',
      (b) => b.bindOrtValueOutput('sum', undefined as never),
      'ERR_INVALID_ARG_TYPE',
      TypeError,
      "'value'",
    ],
    [
      'a value of another type',
      (b) => b.bindOrtValueInput('a', integer),
      'ERR_TYPE_MISMATCH',
      TypeError,
      "'a'",
    ],
    [
      'an output of another type',
      (b) => b.bindOrtValueOutput('sum', integer),
      'ERR_TYPE_MISMATCH',
      TypeError,
      "'sum'",
    ],
    [
      'a tensor of another type',
      (b) => b.bindCpuInput('a', int64([1])),
      'ERR_TYPE_MISMATCH',
      TypeError,
      "'a'",
    ],
    [
      'a value of another rank',
      (b) => b.bindOrtValueInput('a', wide),
      'ERR_SHAPE_MISMATCH',
      RangeError,
      "'a'",
    ],
    ['another device', (b) => b.bindOutput('sum', 'cuda', 1), 'ERR_DEVICE_MISMATCH', Error, 'cuda 1', 'cpu'],
    ['no device', (b) => b.bindOutput('sum', 'gpu' as never), 'ERR_INVALID_ARG_VALUE', Error, "'gpu'"],
    ['another id', (b) => b.bindOutput('sum', 'cpu', 1), 'ERR_INVALID_ARG_VALUE', RangeError, "'id'"],
    ['outputs before the first run', (b) => b.getOutputs(), 'ERR_INVALID_ARG_VALUE', Error, 'run'],
    ['copies before the first run', (b) => b.copyOutputsToCpu(), 'ERR_INVALID_ARG_VALUE', Error, 'run'],
  ]

  test.each(calls)('refuses in its methods: %s', async (_title, call, code, type, ...says) => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [2], b: [2] })
    await expectError(() => call(binding), code as 'ERR_BUSY', { type, says })
    // What was bound before is bound still.
    binding.inputs.a!.fill(1 as never)
    await binding.run()
    expect(binding.outputs.sum).toEqual(floats(1, 1))
  })
})

describe.each(runForms)('a run, by %s', (_form, run) => {
  test.each([[[2]], [[4]], [[1, 3]], [[]], [[0]]])(
    'fails if an output of [3] is bound to memory of %j',
    async (dims) => {
      await using session = await create(twoInputs())
      using binding = session.createIoBinding({ a: [3], b: [3] }, { outputs: { sum: dims } })
      binding.inputs.a!.fill(1 as never)
      for (let i = 0; i < 2; ++i) {
        await expectError(() => run(binding), 'ERR_OUTPUT_SHAPE', { says: "'dynamic'" })
        expect(binding.outputs.sum).toEqual(new Float32Array(dims.reduce((size, dim) => size * dim, 1)))
      }
      await expectError(() => binding.getOutputs(), 'ERR_INVALID_ARG_VALUE')
      binding.bindOutput('sum')
      await run(binding)
      expect(binding.outputs.sum).toEqual(floats(1, 1, 1))
      expect((await session.run({ a: float32([1]), b: float32([2]) })).sum!.data).toEqual(floats(3))
    },
  )

  test('fails if an output does not have the shape that the user gave', async () => {
    await using session = await create(wrongShapeDeclared())
    using binding = session.createIoBinding({ x: [3], shape: [1] }, { outputs: { y: [2] } })
    ;(binding.inputs.shape as BigInt64Array)[0] = 3n
    await expectError(() => run(binding), 'ERR_OUTPUT_SHAPE')
    using dynamic = session.createIoBinding({ x: [3], shape: [1] }, { outputs: { y: 'dynamic' } })
    ;(dynamic.inputs.shape as BigInt64Array)[0] = 3n
    dynamic.inputs.x!.set([1, 2, 3] as never)
    await run(dynamic)
    expect(dynamic.outputs.y).toEqual(floats(1, 2, 3))
    expect((await session.run({ x: float32([1, 2, 3]), shape: int64([3]) })).y!.dims).toEqual([3])
  })

  test('fails if the model refuses the inputs', async () => {
    await using session = await create(twoInputs())
    using binding = session.createIoBinding({ a: [2], b: [3] })
    await expectError(() => run(binding), /^ERR_ORT_[A-Z_]+$/)
    binding.bindCpuInput('b', float32([1, 2]))
    await run(binding)
    expect(binding.outputs.sum).toEqual(floats(1, 2))
  })

  test('fails if an input is not bound', async () => {
    await using session = await create(twoInputs())
    using binding = session.ioBinding()
    binding.bindOutput('sum')
    await expectError(() => run(binding), 'ERR_MISSING_INPUT', { says: "'a'" })
    binding.bindCpuInput('a', float32([1]))
    await expectError(() => run(binding), 'ERR_MISSING_INPUT', { says: "'b'" })
    binding.bindCpuInput('b', float32([1]))
    await run(binding)
    expect(binding.outputs.sum).toEqual(floats(2))
  })

  test('fails if an output is not bound', async () => {
    await using session = await create(oneNode())
    using binding = session.ioBinding()
    binding.bindCpuInput('x', float32([1]))
    await expectError(() => run(binding), 'ERR_MISSING_OUTPUT')
    binding.bindOutput('y')
    await run(binding)
    expect(binding.outputs.y).toEqual(floats(2))
  })

  test('fails if an input or output is detached', async () => {
    await using session = await create(oneNode())
    for (const side of ['input', 'output']) {
      const { array, detach } = detachable(1)
      using value = OrtValue.wrap('float32', array, [1])
      using binding = session.createIoBinding(
        side === 'input' ? { x: value } : {},
        side === 'output' ? { outputs: { y: value } } : {},
      )
      await run(binding)
      detach()
      await expectError(() => run(binding), 'ERR_DETACHED', { says: 'Bind' })
      if (side === 'input') binding.bindCpuInput('x', float32([1]))
      else binding.bindOutput('y')
      await run(binding)
      expect(binding.outputs.y).toEqual(floats(side === 'input' ? 2 : 1))
    }
  })
})

cpuTest('it captures graphs')(
  'capture() of a session on the CPU names the devices that capture graphs',
  async () => {
    await using session = await create(oneNode())
    using binding = session.createIoBinding({ x: [1] })
    const [code, says] = isNative
      ? (['ERR_GRAPH_CAPTURE', ['runs on the CPU', 'on CUDA or WebGPU with enableGraphCapture']] as const)
      : (['ERR_NOT_SUPPORTED', ['graph capture', 'native addon']] as const)
    await expectError(() => binding.capture(), code, { says })
  },
)
