// Two requests that share a binding by mistake: the one that comes too early is refused before it can write over the other.
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { slowLoop } from '../helpers/model-builder.mjs'

const ELEMENTS = 96 * 96

async function create() {
  const session = await createSession(slowLoop(), { logSeverityLevel: 4 })
  const io = session.createIoBinding({ trips: [], x: [96, 96] })
  const answer = async (x: number): Promise<number> => {
    io.inputs.trips[0] = 20n
    io.inputs.x.fill(x)
    await io.run()
    return (io.outputs.y as Float32Array)[ELEMENTS - 1]!
  }
  return { session, io, answer }
}

test('refuses access to inputs while a run is in flight, whose result is unaffected', async () => {
  const { session, answer } = await create()
  await using _ = session
  const alone = await answer(0.01)
  for (let i = 0; i < 10; i++) {
    const first = answer(0.01)
    await expectError(() => answer(0.02), 'ERR_BUSY', { says: "'trips' is in use" })
    expect(await first).toBe(alone)
  }
})

test('refuses access to outputs while a run is in flight, and allows both after it has ended or failed', async () => {
  const { session, io, answer } = await create()
  await using _ = session
  await answer(0.01)
  const { x } = io.inputs
  const { y } = io.outputs
  const pending = io.run()
  for (const name of ['trips', 'x'] as const)
    await expectError(() => io.inputs[name], 'ERR_BUSY', { says: name })
  await expectError(() => io.outputs.y, 'ERR_BUSY', { says: 'one binding for each run' })
  await pending
  expect(io.inputs.x).toBe(x)
  expect(io.outputs.y).toBe(y)

  io.dispose()
  await expectError(() => io.run(), 'ERR_DISPOSED')
  expect(() => io.inputs.x).not.toThrow('in use')
})
