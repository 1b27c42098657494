import { InferenceSession } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

/** y = x / 2: of a number that is tiny but normal the result is a denormal number. */
const halve = () =>
  model({
    inputs: [value('x', 'float32', [4])],
    outputs: [value('y', 'float32', [4])],
    nodes: [node('Mul', ['x', 'half'], ['y'])],
    initializers: [tensor('half', 'float32', [1], [0.5])],
  })

const TINY = 1.5e-38
/** ONNX Runtime has the mode on x86 alone. */
const hasMode = process.arch === 'x64'
const create = (on: boolean, inlineRunBelowUs: number) =>
  InferenceSession.create(halve(), {
    inlineRunBelowUs,
    intraOpNumThreads: 1,
    extra: { session: { set_denormal_as_zero: on ? '1' : '0' } },
  })

/** JavaScript's own arithmetic has denormal numbers. */
const keepsDenormals = () => Number('1e-310') / 2 > 0 && Math.fround(Number(TINY)) / 2 > 0

async function results(session: InferenceSession): Promise<Set<number>> {
  const seen = new Set<number>()
  const add = (data: unknown) => {
    for (const element of data as Float32Array) seen.add(element)
    expect(keepsDenormals()).toBe(true)
  }
  using io = session.createIoBinding()
  io.inputs.x.fill(TINY)
  const x = float32([TINY, TINY, TINY, TINY])
  // The first runs are on the session's thread, the later ones inline where the session allows it.
  for (let i = 0; i < 8; i++) {
    add((await session.run({ x })).y!.data)
    await io.run()
    add(io.outputs.y)
    io.runSync()
    add(io.outputs.y)
  }
  const queued = session.run({ x })
  io.runSync() // behind the run in flight: on the session's thread
  add(io.outputs.y)
  add((await queued).y!.data)
  return seen
}

describe('session.set_denormal_as_zero', () => {
  test.each([0, 1e6])(
    'applies to each way of running, in each session (inline below %i us)',
    async (below) => {
      for (const on of [false, true, true, false, true]) {
        await using session = await create(on, below)
        expect([...(await results(session))]).toEqual([on && hasMode ? 0 : Math.fround(TINY) / 2])
      }
    },
  )

  test('leaves the mode of sessions beside it', async () => {
    await using zero = await create(true, 1e6)
    await using plain = await create(false, 1e6)
    for (let i = 0; i < 3; i++) {
      expect([...(await results(zero))]).toEqual([hasMode ? 0 : Math.fround(TINY) / 2])
      expect([...(await results(plain))]).toEqual([Math.fround(TINY) / 2])
    }
  })
})
