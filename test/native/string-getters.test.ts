// A user's array of strings may have getters, which run while the addon reads it.
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { expectError } from '../helpers/errors'
import { concatStrings } from '../helpers/model-builder.mjs'

/** An array whose elements call `read` first. */
function watched(texts: string[], read: () => void): string[] {
  return Object.defineProperties(
    [...texts],
    Object.fromEntries(
      texts.map((text, i) => [
        i,
        {
          get: () => {
            read()
            return text
          },
        },
      ]),
    ),
  )
}

const LONG = 'x'.repeat(100)

describe('an array of strings with a getter that', () => {
  it('disposes the value makes write() throw', async () => {
    const strings = OrtValue.allocate('string', [2])
    const array = watched([LONG, LONG], () => strings.dispose())
    await expectError(() => strings.write(array), 'ERR_DISPOSED')
  })

  it('starts a run which writes the value makes write() throw', async () => {
    await using session = await InferenceSession.create(concatStrings())
    using binding = session.createIoBinding({ a: [1], b: [1] })
    const y = OrtValue.allocate('string', [1])
    binding.bindOrtValueOutput('y', y)
    const pending: Promise<void>[] = []
    // Early runs are on the run thread.
    const array = watched([LONG], () => pending.push(binding.run()))
    await expectError(() => y.write(array), 'ERR_BUSY')
    await Promise.all(pending.map((run) => expect(run).resolves.toBeUndefined()))
    y.write([LONG])
    expect(y.read()).toEqual([LONG])
  })

  it('fails leaves the value as it was', () => {
    using strings = OrtValue.allocate('string', [2])
    strings.write(['a', 'b'])
    const error = new Error('from a getter')
    const array = watched(['c', 'd'], () => {
      throw error
    })
    expect(() => strings.write(array)).toThrow(error)
    expect(strings.read()).toEqual(['a', 'b'])
  })
})
