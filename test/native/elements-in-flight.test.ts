// Values that share tensors with a value of a run in flight: the elements of a sequence, and outputs that are inputs.
import { InferenceSession, type IoBinding, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { construct, length } from '../helpers/kind-models.mjs'
import { concatStrings } from '../helpers/model-builder.mjs'
import { model, node, sequenceType, tensorType, value } from '../helpers/onnx-graph.mjs'

const TEXTS = ['a'.repeat(100), 'b'.repeat(100)]
/** Every asynchronous run is on the run thread. */
const OPTIONS = { inlineRunBelowUs: 0 }

function strings(): OrtValue<'string'> {
  const strings = OrtValue.allocate('string', [TEXTS.length])
  strings.write(TEXTS)
  return strings
}

/** y = sequence[0] */
const first = () =>
  model({
    inputs: [value('s', sequenceType(tensorType('string', [null]))), value('index', 'int64', [])],
    outputs: [value('y', 'string', [null])],
    nodes: [node('SequenceAt', ['s', 'index'], ['y'])],
  })

/** The forms of a run that reads a sequence, of the session of `first()`. */
const FORMS: [string, (session: InferenceSession, sequence: OrtValue) => Promise<string[]>][] = [
  [
    'session.run',
    async (session, s) => {
      const { y } = await session.run({ s, index: new Tensor('int64', [0n], []) })
      return y!.data as string[]
    },
  ],
  [
    'binding.run',
    async (session, s) => {
      const io: IoBinding = session.createIoBinding({ s, index: [] })
      await io.run()
      return io.outputValue('y')!.read() as string[]
    },
  ],
]

const sequence = sequenceType(tensorType('string', [null]))

/** A sequence that has the strings of a value as its first element. */
const SEQUENCES: [string, (element: OrtValue) => OrtValue | Promise<OrtValue>][] = [
  ['of the caller', (element) => OrtValue.sequence([element, strings()])],
  [
    'that a run of another sequence gave',
    async (element) => {
      const nodes = [node('SequenceInsert', ['s', 'x'], ['o'])]
      const inputs = [value('s', sequence), value('x', 'string', [null])]
      const bytes = model({ inputs, outputs: [value('o', sequence)], nodes })
      await using session = await InferenceSession.create(bytes)
      const { o } = await session.run<OrtValue>({ s: OrtValue.sequence([element]), x: strings() })
      return o!
    },
  ],
  [
    'that a run of a binding gave',
    async (element) => {
      const nodes = [node('SequenceErase', ['s'], ['o'])]
      const bytes = model({ inputs: [value('s', sequence)], outputs: [value('o', sequence)], nodes })
      await using session = await InferenceSession.create(bytes)
      const io = session.createIoBinding({ s: OrtValue.sequence([element, strings()]) })
      await io.run()
      return io.outputValue('o')!
    },
  ],
]

describe.each(SEQUENCES)('an element of a sequence %s', (_title, make) => {
  it.each(FORMS)('cannot be written while %s reads it', async (_form, run) => {
    await using session = await InferenceSession.create(first(), OPTIONS)
    const element = strings()
    const sequence = await make(element)
    const pending = run(session, sequence)
    await expectError(() => element.write(['x', 'y']), 'ERR_BUSY')
    expect(element.read()).toEqual(TEXTS)
    expect(await pending).toEqual(TEXTS)
    element.write(['x', 'y'])
    expect(await run(session, sequence)).toEqual(['x', 'y'])
  })

  it('can be disposed of while a run reads it', async () => {
    await using session = await InferenceSession.create(first(), OPTIONS)
    const element = strings()
    const sequence = await make(element)
    const pending = FORMS[0]![1](session, sequence)
    element.dispose()
    sequence.dispose()
    expect(await pending).toEqual(TEXTS)
  })
})

it('a run that writes an element of a sequence is refused while another session reads the sequence', async () => {
  await using session = await InferenceSession.create(length('string'), OPTIONS)
  await using other = await InferenceSession.create(concatStrings(), OPTIONS)
  const element = strings()
  const sequence = OrtValue.sequence([element])
  using io = other.createIoBinding({ a: strings(), b: strings() }, { outputs: { y: element } })
  const pending = session.run({ s: sequence })
  await expectError(() => io.run(), 'ERR_BUSY')
  await expectError(() => io.runSync(), 'ERR_BUSY')
  await pending
  const writing = io.run()
  await expectError(() => session.run({ s: sequence }), 'ERR_BUSY')
  await writing
  expect(element.read()).toEqual(TEXTS.map((text) => text + text))
})

it('elements() refuses to copy strings that a run in flight writes', async () => {
  await using session = await InferenceSession.create(concatStrings(), OPTIONS)
  const element = strings()
  const sequence = OrtValue.sequence([element])
  using io = session.createIoBinding({ a: strings(), b: strings() }, { outputs: { y: element } })
  const pending = io.run()
  await expectError(() => sequence.elements(), 'ERR_BUSY')
  await pending
  expect(sequence.elements()[0]!.read()).toEqual(TEXTS.map((text) => text + text))
})

it('strings that are an output and an input are a copy, which a run in flight does not use', async () => {
  const x = value('x', 'string', [null])
  const nodes = [node('StringConcat', ['x', 'x'], ['y'])]
  const bytes = model({
    inputs: [x],
    outputs: [x, value('y', 'string', [null])],
    nodes,
    opset: 20,
    irVersion: 9,
  })
  await using session = await InferenceSession.create(bytes, OPTIONS)
  using io = session.createIoBinding({ x: strings() }, { outputs: { x: 'dynamic' } })
  await io.run()
  const passed = io.outputValue('x')!
  const pending = io.run()
  passed.write(['x', 'y'])
  await pending
  expect(io.inputValue('x')!.read()).toEqual(TEXTS)
})

it('strings that a run reads can be read meanwhile', async () => {
  await using session = await InferenceSession.create(construct('string'), OPTIONS)
  const a = strings()
  const pending = session.run<OrtValue>({ a, b: a })
  expect(a.read()).toEqual(TEXTS)
  await pending
})

it('an output that is an input can be bound beside it', async () => {
  const [x, y] = [value('x', 'string', [null]), value('y', 'string', [null])]
  const concat = { nodes: [node('StringConcat', ['x', 'x'], ['y'])], opset: 20, irVersion: 9 }
  await using maker = await InferenceSession.create(model({ inputs: [x], outputs: [x, y], ...concat }))
  await using session = await InferenceSession.create(model({ inputs: [x], outputs: [y], ...concat }))
  using made = maker.createIoBinding({ x: strings() }, { outputs: { x: 'dynamic' } })
  await made.run()
  const [input, output] = [made.inputValue('x')!, made.outputValue('x')!]
  using io = session.createIoBinding({ x: input }, { outputs: { y: output } })
  io.runSync()
  expect(output.read()).toEqual(TEXTS.map((text) => text + text))
  expect(input.read()).toEqual(TEXTS)
})

it('a sequence is an input beside an output in the memory of its element', async () => {
  const s = value('s', sequenceType(tensorType('float32', [null])))
  const nodes = [
    node('SequenceAt', ['s', 'zero'], ['a']),
    node('Add', ['a', 'a'], ['y']),
    node('SequenceAt', ['s', 'zero'], ['z']),
  ]
  const bytes = model({
    inputs: [s, value('zero', 'int64', [])],
    outputs: [value('y', 'float32', [null]), value('z', 'float32', [null])],
    nodes,
  })
  await using session = await InferenceSession.create(bytes)
  const element = OrtValue.fromTensor(new Tensor('float32', [1, 2], [2])) as OrtValue<'float32'>
  const io = session.createIoBinding(
    { s: OrtValue.sequence([element]), zero: [] },
    { outputs: { y: element } },
  )
  await io.run()
  expect([...element.data]).toEqual([2, 4])
  expect([...io.outputs.z!]).toEqual([1, 2])
})
