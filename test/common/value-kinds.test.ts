// Values that are not tensors: where they can be bound and fed, and what is refused when it is bound.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, OrtValue, type RunValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import {
  append,
  castTo,
  construct,
  empty,
  hasElement,
  length,
  passOptional,
  sparseOutput,
  zipMap,
} from '../helpers/kind-models.mjs'
import { sequenceType, tensorType } from '../helpers/onnx-graph.mjs'
import { pythonTest, runPython } from '../helpers/python.ts'
import { float32, int64 } from '../helpers/values.ts'

const x = float32([1, 2])
const tensors = (value: OrtValue) => value.elements().map(({ data }) => [...(data as Float32Array)])

const native = isNative ? describe : describe.skip

native('a sequence', () => {
  const floats = () => OrtValue.sequence([OrtValue.fromTensor(x)])
  const integers = () => OrtValue.sequence([OrtValue.fromTensor(int64([1]))])
  const strings = () => OrtValue.sequence([OrtValue.fromTensor(new Tensor('string', ['a'], [1]))])

  test('is refused where an output is bound', async () => {
    await using session = await createSession(construct('float32'))
    const inputs = { a: [2], b: [2] }
    const says = ["'s'", "'dynamic'", 'sequence(tensor(float32))']
    for (const s of [floats(), integers(), OrtValue.fromTensor(x)]) {
      await expectError(() => session.createIoBinding(inputs, { outputs: { s } }), 'ERR_NOT_SUPPORTED', {
        says,
      })
      using binding = session.createIoBinding(inputs)
      await expectError(() => binding.bindOrtValueOutput('s', s), 'ERR_NOT_SUPPORTED', { says })
    }
    const shape = () => session.createIoBinding(inputs, { outputs: { s: [1] } })
    await expectError(shape, 'ERR_TYPE_MISMATCH', { says: "'dynamic'" })
    await using appending = await createSession(append())
    const sequence = floats()
    const inPlace = () => appending.createIoBinding({ sequence, x: [2] }, { outputs: { next: sequence } })
    await expectError(inPlace, 'ERR_NOT_SUPPORTED', { says: ["'next'", 'the input of the next run'] })
    await using tensorsOnly = await createSession(length('float32'))
    using binding = tensorsOnly.createIoBinding({ s: sequence })
    await expectError(() => binding.bindOrtValueOutput('n', sequence), 'ERR_TYPE_MISMATCH', { says: "'n'" })
  })

  test.each(runForms)('has the elements of one run as an output, by %s', async (_form, run) => {
    await using session = await createSession(construct('float32'))
    using binding = session.createIoBinding({ a: OrtValue.fromTensor(x), b: OrtValue.fromTensor(x) })
    await using none = await createSession(empty())
    using nothing = none.createIoBinding()
    for (let i = 0; i < 3; i++) {
      await run(binding)
      expect(tensors(binding.outputValue('s')!)).toEqual([
        [1, 2],
        [1, 2],
      ])
      await run(nothing)
      expect(tensors(nothing.outputValue('s')!)).toEqual([])
    }
  })

  test.each(runForms)('is a state if the result is the next input, by %s', async (_form, run) => {
    await using session = await createSession(append())
    const first = floats()
    using binding = session.createIoBinding({ sequence: first, x: [1] })
    const expected = [[1, 2]]
    for (let i = 0; i < 4; i++) {
      binding.inputs.x[0] = i
      expected.push([i])
      await run(binding)
      const next = binding.outputValue('next')!
      expect(tensors(next)).toEqual(expected)
      binding.bindOrtValueInput('sequence', next)
    }
    expect(tensors(first)).toEqual([[1, 2]])
  })

  const refused: [string, Uint8Array, string, () => RunValue, string[]][] = [
    ['for a tensor', construct('float32'), 'a', floats, ['float32', 'sequence(tensor(float32))']],
    ['of integers for one of floats', length('float32'), 's', integers, ['float32', 'int64']],
    ['of floats for one of strings', length('string'), 's', floats, ['string', 'float32']],
    ['of strings for one of integers', length('int64'), 's', strings, ['int64', 'string']],
    ['replaced by a tensor', length('float32'), 's', () => x, ['sequence(tensor(float32))']],
    ['for an optional tensor', hasElement(tensorType('float32', [null])), 'x', floats, ['sequence']],
    [
      'of integers for an optional sequence of floats',
      hasElement(sequenceType(tensorType('float32', [null]))),
      'x',
      integers,
      ['sequence(tensor(float32))', 'sequence(tensor(int64))'],
    ],
    [
      'replaced by a tensor, for an optional sequence',
      hasElement(sequenceType(tensorType('float32', [null]))),
      'x',
      () => x,
      ['sequence(tensor(float32))'],
    ],
    [
      'replaced by a tensor of floats, for an optional of integers',
      hasElement(tensorType('int64', [null])),
      'x',
      () => x,
      ['int64'],
    ],
  ]

  test.each(refused)('is refused when it is bound or fed: %s', async (_title, model, name, make, says) => {
    await using session = await createSession(model)
    const given = make()
    const value = given instanceof OrtValue ? given : OrtValue.fromTensor(given as Tensor)
    const feeds = Object.fromEntries(session.inputNames.map((input) => [input, input === name ? given : x]))
    const details = { type: TypeError, says: [`'${name}'`, ...says] }
    await expectError(() => session.run(feeds), 'ERR_TYPE_MISMATCH', details)
    await expectError(() => session.run({ ...feeds, [name]: value }), 'ERR_TYPE_MISMATCH', details)
    using binding = session.ioBinding()
    await expectError(() => binding.bindOrtValueInput(name, value), 'ERR_TYPE_MISMATCH', details)
  })

  test.each(['float32', 'int64', 'string', 'bool'] as const)('of %s is taken', async (type) => {
    await using session = await createSession(length(type))
    const element = OrtValue.allocate(type, [3])
    const s = OrtValue.sequence([element, element])
    expect((await session.run({ s })).n!.data).toEqual(BigInt64Array.of(2n))
    using binding = session.createIoBinding({ s })
    await binding.run()
    expect(binding.outputs.n).toEqual(BigInt64Array.of(2n))
    await using making = await createSession(construct(type))
    const made = (await making.run<OrtValue>({ a: element, b: element })).s!
    expect((await session.run({ s: made })).n!.data).toEqual(BigInt64Array.of(2n))
  })

  test('without elements is taken, and its type is known', async () => {
    await using none = await createSession(empty())
    const { s } = await none.run<OrtValue>({})
    await using session = await createSession(length('float32'))
    expect((await session.run({ s: s! })).n!.data).toEqual(BigInt64Array.of(0n))
    await using integersOnly = await createSession(length('int64'))
    await expectError(() => integersOnly.run({ s: s! }), 'ERR_TYPE_MISMATCH')
  })

  test('is a value of an optional', async () => {
    await using session = await createSession(hasElement(sequenceType(tensorType('float32', [null]))))
    expect((await session.run({ x: floats() })).has!.data).toEqual(Uint8Array.of(1))
  })
})

native('a map', () => {
  test('is a result, and refused as the value of another type', async () => {
    await using session = await createSession(zipMap())
    const { maps } = await session.run<OrtValue>({ x: float32([1, 2, 3, 4], [2, 2]) })
    const read = maps!.elements().map((map) => map.elements().map(({ data }) => [...data].map(Number)))
    expect(read).toEqual([
      [
        [7, 8],
        [1, 2],
      ],
      [
        [7, 8],
        [3, 4],
      ],
    ])
    await using taking = await createSession(length('float32'))
    const says = ['sequence(map(int64,tensor(float32)))', 'sequence(tensor(float32))']
    await expectError(() => taking.run({ s: maps! }), 'ERR_TYPE_MISMATCH', { says })
    const map = maps!.elements()[0]!
    await expectError(() => taking.createIoBinding({ s: map }), 'ERR_TYPE_MISMATCH', { says: 'map(' })
    await expectError(() => session.createIoBinding({ x: map }), 'ERR_TYPE_MISMATCH', { says: 'map(' })
    const outputs = { maps: maps! }
    await expectError(() => session.createIoBinding({ x: [1, 2] }, { outputs }), 'ERR_NOT_SUPPORTED')
  })
})

native('an optional', () => {
  test('is refused where an output is bound', async () => {
    await using session = await createSession(passOptional())
    const y = OrtValue.fromTensor(x)
    await expectError(() => session.createIoBinding({ x: y }, { outputs: { y } }), 'ERR_NOT_SUPPORTED', {
      says: 'optional(tensor(float32))',
    })
    using binding = session.createIoBinding({ x: y })
    await binding.run()
    expect(binding.outputs.y).toEqual(x.data)
  })
})

native('a sparse tensor', () => {
  test.each(runForms)('is a value of its kind, by session.run and %s', async (_form, run) => {
    await using session = await createSession(sparseOutput(), { logSeverityLevel: 4 })
    const { s, y } = await session.run<RunValue>({ x: float32([-1]) })
    expect(s).toMatchObject({ kind: 'sparseTensor', dims: [] })
    expect((y as Tensor).data).toEqual(Float32Array.of(1))
    await expectError(() => (s as OrtValue).data, 'ERR_TYPE_MISMATCH', { says: 'sparseTensor' })
    const filled = () => session.run({ x: float32([1]) }, { s: float32([0, 0, 0, 0, 0, 0], [2, 3]) })
    await expectError(filled, 'ERR_TYPE_MISMATCH', { says: 'sparseTensor' })
    await expectError(() => session.run({ x: s! }), 'ERR_TYPE_MISMATCH', { says: 'sparseTensor' })
    using binding = session.createIoBinding()
    binding.inputs.x.fill(-3)
    for (let i = 0; i < 2; i++) {
      await run(binding)
      expect(binding.outputValue('s')!.kind).toBe('sparseTensor')
      expect(binding.outputs.y).toEqual(Float32Array.of(3))
    }
  })
})

native('the parts of a sparse tensor', () => {
  test.each(runForms)('are its values and indices, by session.run and %s', async (_form, run) => {
    await using session = await createSession(sparseOutput(), { logSeverityLevel: 4 })
    using binding = session.createIoBinding()
    await run(binding)
    const { s } = await session.run<RunValue>({ x: float32([-1]) })
    for (const value of [s as OrtValue, binding.outputValue('s')!]) {
      const { format, dims, values, indices } = value.sparse()
      expect([format, dims, values.type, values.dims]).toEqual(['coo', [2, 3], 'float32', [2]])
      expect(values.read()).toEqual(Float32Array.of(5, 6))
      expect(indices.map((one) => one.read())).toEqual([BigInt64Array.of(1n, 4n)])
      values.write(new Float32Array(2)) // a copy
      expect(value.sparse().values.read()).toEqual(Float32Array.of(5, 6))
    }
    ;(s as OrtValue).dispose()
    await expectError(() => (s as OrtValue).sparse(), 'ERR_DISPOSED')
  })

  test('are those of a sparse tensor alone', async () => {
    await expectError(() => OrtValue.fromTensor(x).sparse(), 'ERR_TYPE_MISMATCH', { says: 'tensor' })
  })

  pythonTest('are those of Python', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sparse-'))
    const file = join(dir, 'model.onnx')
    writeFileSync(file, sparseOutput())
    const program = `
session = ort.InferenceSession(args[0])
s = session.run(['s'], {'x': np.ones(1, np.float32)})[0]
print(json.dumps([list(s.dense_shape()), s.values().tolist(), s.get_coo_data().indices().tolist()]))`
    const python = runPython(program, file)
    rmSync(dir, { recursive: true })
    await using session = await createSession(sparseOutput(), { logSeverityLevel: 4 })
    const { dims, values, indices } = (
      (await session.run<RunValue>({ x: float32([1]) })).s as OrtValue
    ).sparse()
    expect(python).toEqual([
      dims,
      [...(values.read() as Float32Array)],
      Array.from(indices[0]!.read() as BigInt64Array, Number),
    ])
  })
})

describe.skipIf(isNative)('on onnxruntime-node', () => {
  test.each([
    ['uint4', 21],
    ['int4', 22],
  ] as const)('a result of %s is refused', async (type, code) => {
    await using session = await InferenceSession.create(castTo(type, code))
    const feeds = { x: float32([1, 2, 3, 4]) }
    await expectError(() => session.run(feeds), 'ERR_NOT_SUPPORTED', { says: [type, "'y'"] })
    await expectError(() => session.run(feeds, ['y']), 'ERR_NOT_SUPPORTED')
    expect((await session.run(feeds, ['z'])).z!.data).toEqual(feeds.x.data)
    using binding = session.createIoBinding({}, { outputs: { y: 'dynamic' } })
    await expectError(() => binding.run(), 'ERR_NOT_SUPPORTED')
    await expectError(() => session.createIoBinding(), 'ERR_NOT_SUPPORTED')
    using other = session.createIoBinding({}, { fetches: ['z'] })
    await other.run()
    expect(other.outputs.z).toEqual(new Float32Array(4))
  })

  test('a sparse result is refused', async () => {
    await using session = await InferenceSession.create(sparseOutput(), { logSeverityLevel: 4 })
    await expectError(() => session.run({ x: float32([1]) }), 'ERR_NOT_SUPPORTED')
    expect((await session.run({ x: float32([-1]) }, ['y'])).y!.data).toEqual(Float32Array.of(1))
  })

  test('a sequence is refused where an output is bound', async () => {
    await using session = await InferenceSession.create(construct('float32'))
    const s = OrtValue.fromTensor(x)
    const bind = () => session.createIoBinding({ a: [2], b: [2] }, { outputs: { s } })
    await expectError(bind, 'ERR_NOT_SUPPORTED', { says: "'s'" })
  })
})
