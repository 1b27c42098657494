import { type IoBinding, type OrtErrorCode, OrtRangeError, OrtTypeError } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode, twoInputs } from '../helpers/model-builder.mjs'

const shapes = { a: [2], b: [2] }
const session = await createSession(twoInputs())

describe('createIoBinding', () => {
  it.each([
    ['an unknown option', { output: {} }, 'ERR_UNKNOWN_OPTION'],
    ['null', null, 'ERR_INVALID_ARG_TYPE'],
    ['fetches that are not an array', { fetches: 'sum' }, 'ERR_INVALID_ARG_TYPE'],
    ['an output that is neither shape nor value', { outputs: { sum: 'dynamc' } }, 'ERR_INVALID_DIMS'],
  ])('refuses %s', async (_, options, code) => {
    await expectError(() => session.createIoBinding(shapes, options as object), code as OrtErrorCode)
  })

  it('explains how to bind data', async () => {
    const inputs = { ...shapes, a: new Float32Array(2) as unknown as number[] }
    await expectError(() => session.createIoBinding(inputs), 'ERR_INVALID_DIMS', { says: 'OrtValue.wrap' })
  })
})

describe('bound memory', () => {
  it('can be written, but not replaced, also in sloppy mode', () => {
    const binding = session.createIoBinding(shapes)
    const assign = new Function('views', 'views.a = new Float32Array(2)')
    expect(() => assign(binding.inputs)).toThrow(OrtTypeError)
    expect(() => assign(binding.inputs)).toThrow(/\.set\(\)/)
    expect(binding.inputs.a).toBe(binding.inputs.a)
  })
})

describe('a run', () => {
  it('refuses an unknown option', async () => {
    const binding = session.createIoBinding(shapes)
    await expectError(() => binding.run({ sginal: undefined, tga: 'x' } as object), 'ERR_UNKNOWN_OPTION')
    await binding.run({})
  })

  it('refuses a binding of another session', async () => {
    const other = await createSession(oneNode())
    const binding = session.createIoBinding(shapes)
    await expectError(() => other.runWithIoBinding(binding), 'ERR_INVALID_ARG_VALUE')
    await expectError(
      () => session.runWithIoBinding(undefined as unknown as IoBinding),
      'ERR_INVALID_ARG_TYPE',
    )
    await session.runWithIoBinding(binding)
    const released = await createSession(twoInputs())
    const stale = released.createIoBinding(shapes)
    await released.release()
    await expectError(() => released.runWithIoBinding(stale), 'ERR_DISPOSED')
  })
})

describe('an output whose size differs from that of its memory', () => {
  it('is refused with an error that names both sizes', async () => {
    const binding = session.createIoBinding(shapes, { outputs: { sum: [3] } })
    const error = await binding.run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'ERR_OUTPUT_SHAPE', expected: '[2]', given: '[3]' })
    expect(error).not.toBeInstanceOf(OrtRangeError)
  })
})
