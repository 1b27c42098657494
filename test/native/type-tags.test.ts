import { createRequire } from 'node:module'
import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import type * as Native from '../../dist/engine/native.js'
import { createSession } from '../helpers/device.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'

const library = createRequire(import.meta.url)('../../dist/library.js')
const addon = (library['engine/native'] as typeof Native).loadAddon() as Native.Addon

describe('an object of another class of the addon', async () => {
  const value = OrtValue.allocate('float32', [1]).engineValue
  await createSession(oneNode())
  const session = new addon.Session(0, 0, 1, 0, 0)
  const given = {
    value,
    session,
    object: {},
    null: null,
    number: 1,
    class: addon.Value,
    proxy: new Proxy(value, {}),
  }

  it.each(Object.entries(given).filter(([name]) => name !== 'session'))(
    'is not a session: %s',
    async (_name, one) => {
      await expectError(() => new addon.Binding(one as never), 'ERR_INVALID_ARG_TYPE', {
        says: 'NativeSession',
      })
    },
  )

  it.each(Object.entries(given).filter(([name]) => name !== 'value'))(
    'is not a value: %s',
    async (_name, one) => {
      await expectError(() => addon.Value.sequence([one as never]), 'ERR_INVALID_ARG_TYPE', {
        says: 'NativeValue',
      })
      await expectError(() => value.copyTo(one as never), 'ERR_INVALID_ARG_TYPE', { says: 'NativeValue' })
    },
  )

  it('is not a receiver of a method', () => {
    expect(() => value.dims.call(session)).toThrow(TypeError)
    expect(() => value.dispose.call({} as never)).toThrow(TypeError)
    expect(() => session.inputs.call(value as never)).toThrow(TypeError)
  })
})
