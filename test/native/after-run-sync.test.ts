// A synchronous run behind asynchronous ones ends after them: their memory is free before their promises settle.
import { type InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { concatStrings, twoInputs } from '../helpers/model-builder.mjs'

const options = { inlineRunBelowUs: 0, logSeverityLevel: 4 } as const

async function expectFree(session: InferenceSession, fails: boolean, use: () => void) {
  using last = session.createIoBinding({ a: [2], b: [2] })
  if (fails) {
    last.bindOrtValueInput('b', OrtValue.allocate(last.inputValue('a')!.type, [3]))
    await expectError(() => last.runSync(), /^ERR_/)
  } else {
    last.runSync()
  }
  use()
}

describe.each([
  ['succeeds', false],
  ['fails', true],
])('after a synchronous run that %s', (_, fails) => {
  it('strings of the runs before it can be read and written', async () => {
    await using session = await createSession(concatStrings(), options)
    using io = session.createIoBinding({ a: [2], b: [2] }, { outputs: { y: [2] } })
    const [a, y] = [io.inputValue('a')!, io.outputValue('y')!]
    a.write(['x', 'y'])
    const running = io.run()
    await expectError(() => a.write(['z', 'z']), 'ERR_BUSY')
    await expectFree(session, fails, () => {
      a.write(['z', 'z'])
      expect(y.read()).toEqual(['x', 'y'])
    })
    await running
  })

  it('numbers of the runs before it can be read and written', async () => {
    await using session = await createSession(twoInputs(), options)
    using io = session.createIoBinding({ a: [2], b: [2] }, { outputs: { sum: [2], prod: [2] } })
    const [a, sum] = [io.inputValue('a')!, io.outputValue('sum')!]
    a.write(Float32Array.of(1, 2))
    const running = io.run()
    await expectError(() => a.write(Float32Array.of(3, 3)), 'ERR_BUSY')
    await expectFree(session, fails, () => {
      a.write(Float32Array.of(3, 3))
      expect(sum.read()).toEqual(Float32Array.of(1, 2))
    })
    await running
  })
})
