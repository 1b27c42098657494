import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import {
  concatStrings,
  model,
  node,
  oneNode,
  sequenceAt,
  sequenceType,
  slowLoop,
  tensorType,
  value,
  wrongShapeDeclared,
} from '../helpers/model-builder.mjs'

const N = 2000
const sequence = sequenceType(tensorType('float32', [null]))

/** A tensor with memory of its own, every element the same. */
function filled(number: number): OrtValue<'float32'> {
  const filled = OrtValue.allocate('float32', [N])
  filled.data.fill(number)
  return filled
}

/** Reuses memory that has just been freed. */
function churn(): OrtValue<'float32'>[] {
  return Array.from({ length: 50 }, () => filled(7))
}

/** An input that is also an output. */
const passThrough = () =>
  model({
    inputs: [value('x', 'float32', ['n'])],
    outputs: [value('x', 'float32', ['n']), value('z', 'float32', ['n'])],
    nodes: [node('Abs', ['x'], ['z'])],
  })

describe('a graph whose output is its input', () => {
  it('returns a copy', async () => {
    const session = await InferenceSession.create(passThrough())
    for (let i = 0; i < 6; i++) {
      const data = new Float32Array(N).fill(3)
      const { x } = await session.run({ x: new Tensor('float32', data, [N]) })
      data.fill(9)
      churn()
      expect(new Set(x!.data as Float32Array)).toEqual(new Set([3]))
    }
  })

  it('returns a copy of a type that onnxruntime-common does not have', async () => {
    const shape = [N]
    const bytes = model({
      inputs: [value('x', 'bfloat16', ['n'])],
      outputs: [value('x', 'bfloat16', ['n']), value('y', 'bfloat16', ['n'])],
      nodes: [node('Identity', ['x'], ['y'])],
    })
    for (const inlineRunBelowUs of [0, 1_000_000]) {
      const session = await InferenceSession.create(bytes, { inlineRunBelowUs })
      const input = OrtValue.wrap('bfloat16', new Uint16Array(N).fill(3), shape)
      for (let i = 0; i < 6; i++) {
        input.data.fill(3)
        const results = await session.run<OrtValue>({ x: input })
        input.data.fill(9)
        for (const name of ['x', 'y'] as const)
          expect(new Set(results[name]!.data as Uint16Array)).toEqual(new Set([3]))
      }
    }
  })

  it('keeps the input that a result is, although it was replaced and disposed of, over a refused run', async () => {
    const session = await InferenceSession.create(passThrough())
    const binding = session.ioBinding()
    const [first, second] = [filled(3), filled(5)]
    binding.bindOrtValueInput('x', first)
    binding.bindOutput('x')
    binding.runSync()
    binding.bindOrtValueInput('x', second)
    for (const disposed of [first, second]) disposed.dispose()
    await expectError(() => binding.runSync(), 'ERR_DISPOSED')
    churn()
    expect(new Set(binding.outputs.x as Float32Array)).toEqual(new Set([3]))
  })

  it('copies a bound output, which outlives the input', async () => {
    const session = await InferenceSession.create(passThrough())
    const binding = session.ioBinding()
    const input = filled(3)
    binding.bindOrtValueInput('x', input)
    binding.bindOutput('x')
    await binding.run()
    binding.bindOrtValueInput('x', filled(5))
    const [output] = binding.getOutputs()
    input.dispose()
    churn()
    expect(new Set(output!.data as Float32Array)).toEqual(new Set([3]))
  })
})

describe('a sequence that shares its tensors', () => {
  it('keeps the other elements beyond the input of SequenceErase', async () => {
    const nodes = [node('SequenceErase', ['s'], ['o'])]
    const bytes = model({ inputs: [value('s', sequence)], outputs: [value('o', sequence)], nodes })
    const session = await InferenceSession.create(bytes)
    const [a, b] = [filled(3), filled(4)]
    const input = OrtValue.sequence([a, b])
    const { o } = await session.run<OrtValue>({ s: input })
    for (const disposed of [input, a, b]) disposed.dispose()
    const [element] = o!.elements()
    o!.dispose()
    churn()
    expect(new Set(element!.data as Float32Array)).toEqual(new Set([3]))
  })

  it('keeps all elements beyond the input of SequenceInsert', async () => {
    const nodes = [node('SequenceInsert', ['s', 't'], ['o'])]
    const inputs = [value('s', sequence), value('t', 'float32', [null])]
    const session = await InferenceSession.create(model({ inputs, outputs: [value('o', sequence)], nodes }))
    const a = filled(3)
    const input = OrtValue.sequence([a])
    const inserted = new Tensor('float32', new Float32Array(N).fill(4), [N])
    const { o } = await session.run<OrtValue>({ s: input, t: inserted })
    input.dispose()
    a.dispose()
    churn()
    expect(o!.elements().map(({ data }) => data[N - 1])).toEqual([3, 4])
  })

  it('is refused if an element is detached', async () => {
    const session = await InferenceSession.create(sequenceAt())
    const data = new Float32Array(4)
    const binding = session.ioBinding()
    binding.bindOrtValueInput('sequence', OrtValue.sequence([OrtValue.wrap('float32', data, [4])]))
    binding.bindOrtValueInput('index', OrtValue.allocate('int64', []))
    binding.bindOutput('y')
    binding.runSync()
    const { port1 } = new MessageChannel()
    // Node heeds the mark that wrap() sets, V8 itself does not.
    const transfer = (data.buffer as { transfer?: () => ArrayBuffer }).transfer
    try {
      if (transfer) transfer.call(data.buffer)
      else port1.postMessage(data.buffer, [data.buffer])
    } catch {
      // marked untransferable, and so still attached
    }
    port1.close()
    if (data.byteLength > 0) expect(() => binding.runSync()).not.toThrow()
    else expect(() => binding.runSync()).toThrow(expect.objectContaining({ code: 'ERR_DETACHED' }))
  })

  it('consists of OrtValues only', () => {
    const impostor = { engineValue: {} } as unknown as OrtValue
    expect(() => OrtValue.sequence([impostor])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })
})

describe('dispose()', () => {
  it('detaches the buffer over its own memory, whatever the properties of a view', () => {
    const disposed = filled(3)
    const view = disposed.data
    Object.defineProperty(view, 'buffer', { value: new ArrayBuffer(8) })
    disposed.dispose()
    expect(view).toHaveLength(0)
  })

  it("lets the signal end a binding's run in flight", async () => {
    const session = await InferenceSession.create(slowLoop(), { logSeverityLevel: 4 })
    const binding = session.createIoBinding()
    binding.inputs.trips![0] = 1_000_000_000n
    const controller = new AbortController()
    const run = binding.run({ signal: controller.signal })
    binding.dispose()
    controller.abort()
    await expect(run).rejects.toBe(controller.signal.reason)
  })
})

describe('a run in flight', () => {
  it('locks the strings that it reads against writes, and those that it writes against reads', async () => {
    const session = await InferenceSession.create(concatStrings(), { inlineRunBelowUs: 0 })
    const y = OrtValue.allocate('string', [2])
    const binding = session.createIoBinding({ a: [2], b: [2] }, { outputs: { y } })
    const a = binding.inputValue('a')!
    a.write(['x', 'y'])
    const run = binding.run()
    const busy = expect.objectContaining({ code: 'ERR_BUSY' })
    expect(() => a.write(['z', 'z'])).toThrow(busy)
    expect(a.read()).toEqual(['x', 'y'])
    expect(() => y.read()).toThrow(busy)
    expect(() => y.write(['z', 'z'])).toThrow(busy)
    await run
    binding.inputValue('b')!.write(['1', '2'])
    await binding.run()
    expect(y.read()).toEqual(['x1', 'y2'])
  })
})

describe('a run that fails inline', () => {
  it('leaves no outputs', async () => {
    const session = await InferenceSession.create(wrongShapeDeclared(), {
      inlineRunBelowUs: 1_000_000,
      logSeverityLevel: 4,
    })
    const binding = session.createIoBinding({ x: [4], shape: [1] }, { outputs: { y: 'dynamic' } })
    binding.inputs.shape![0] = 4n
    for (let i = 0; i < 6; i++) await binding.run()
    expect(binding.outputs.y).toHaveLength(4)
    binding.inputs.shape![0] = 3n
    await expect(binding.run()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
    expect(binding.outputs.y).toBeUndefined()
    expect(() => binding.getOutputs()).toThrow()
  })
})

describe('hostile arguments', () => {
  it('cannot release the session during a run by a getter in dims', async () => {
    const session = await InferenceSession.create(oneNode(), { inlineRunBelowUs: 1_000_000 })
    const x = new Tensor('float32', new Float32Array(1), [1])
    for (let i = 0; i < 6; i++) await session.run({ x })
    let released: Promise<void> | undefined
    Object.defineProperty(x.dims, 0, {
      get() {
        released ??= session.release()
        return 1
      },
    })
    await expect(session.run({ x })).rejects.toMatchObject({ code: 'ERR_DISPOSED' })
    await released
  })

  it('are not options if they are properties of a prototype', async () => {
    const prototype = Object.prototype as { polluted?: number }
    prototype.polluted = 1
    try {
      const extra = { session: { intra_op: { allow_spinning: '0' } } }
      const session = await InferenceSession.create(oneNode(), { extra })
      await session.release()
    } finally {
      delete prototype.polluted
    }
  })
})
