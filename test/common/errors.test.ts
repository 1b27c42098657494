import { createRequire } from 'node:module'
import {
  Batcher,
  BindingPool,
  InferenceSession,
  IoBinding,
  isOrtError,
  LoraAdapter,
  ORT_ERROR_CODES,
  OrtError,
  type OrtErrorConstructor,
  OrtRangeError,
  OrtTypeError,
  OrtValue,
} from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'

const commonJs = createRequire(import.meta.url)(
  'onnxruntime-iobinding',
) as typeof import('onnxruntime-iobinding')

const classes: [string, OrtErrorConstructor<Error>, new () => Error][] = [
  ['OrtError', OrtError, Error],
  ['OrtTypeError', OrtTypeError, TypeError],
  ['OrtRangeError', OrtRangeError, RangeError],
]

describe.each(classes)('%s', (name, Class, Base) => {
  const error = new Class('ERR_BUSY', 'message', { expected: 'a', given: 'b', remedy: 'Do c', cause: 1 })

  test('is an instance of OrtError, of itself and of its JavaScript class', () => {
    for (const one of [OrtError, Class, Base, Error]) expect(error).toBeInstanceOf(one)
    expect(isOrtError(error)).toBe(true)
  })

  test('is not an instance of its siblings', () => {
    for (const [, Other] of classes)
      expect(error instanceof Other, Other.name).toBe(Other === Class || Other === OrtError)
  })

  test('has its fields, and a message of all of them', () => {
    expect(error).toMatchObject({
      code: 'ERR_BUSY',
      expected: 'a',
      given: 'b',
      remedy: 'Do c',
      cause: 1,
    })
    expect(error.message).toBe('message: expected a, got b. Do c')
  })

  test('has the name of its JavaScript class, as errors of Node.js have', () => {
    expect(error.name).toBe(Base.name)
    expect(error.stack).toMatch(new RegExp(`^${Base.name}: message`))
    expect(String(error)).toMatch(new RegExp(`^${Base.name}: message`))
    expect(Class.name).toBe(name)
  })

  test('has no fields for absent details', () => {
    expect(Object.keys(new Class('ERR_BUSY', 'message'))).toEqual(['code'])
    expect(new Class('ERR_BUSY', 'message').message).toBe('message')
  })

  test('is the same class in CommonJS and in ES modules', () => {
    expect(commonJs[name as 'OrtError']).toBe(Class)
    expect(error).toBeInstanceOf(commonJs.OrtError)
  })

  test('has subclasses, whose instances are their own', () => {
    class Derived extends Class {}
    const derived = new Derived('ERR_BUSY', 'message')
    for (const one of [Derived, Class, Base, OrtError]) expect(derived).toBeInstanceOf(one)
    expect(isOrtError(derived)).toBe(true)
    expect(error).not.toBeInstanceOf(Derived)
    for (const [, Other] of classes) expect(new Other('ERR_BUSY', 'message')).not.toBeInstanceOf(Derived)
  })
})

test.each([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'ERR_BUSY'],
  ['an object with a code', { code: 'ERR_BUSY', message: 'message' }],
  ['an error with a code', Object.assign(new Error('message'), { code: 'ERR_BUSY' })],
  ['a TypeError', new TypeError('message')],
  ['a RangeError', new RangeError('message')],
])('%s is not an instance of OrtError', (_, value) => {
  expect(value instanceof OrtError).toBe(false)
  expect(isOrtError(value)).toBe(false)
})

test('errors that the package throws are instances of OrtError', async () => {
  const shape = () => OrtValue.allocate('float32', [-1])
  expect(shape).toThrow(OrtError)
  expect(shape).toThrow(RangeError)
  const type = () => OrtValue.allocate('float33' as 'float32', [1])
  expect(type).toThrow(OrtError)
  expect(type).toThrow(TypeError)
  await expect(InferenceSession.create('missing.onnx')).rejects.toThrow(OrtError)
})

test('ORT_ERROR_CODES lists each code once, those of ONNX Runtime last', () => {
  expect(new Set(ORT_ERROR_CODES).size).toBe(ORT_ERROR_CODES.length)
  for (const code of ORT_ERROR_CODES) expect(code).toMatch(/^ERR_[A-Z_]+$/)
  expect(ORT_ERROR_CODES).toContain('ERR_BUSY')
  expect(ORT_ERROR_CODES).toContain('ERR_CUDA_STUB_LIBRARY')
  expect(ORT_ERROR_CODES.at(-1)).toMatch(/^ERR_ORT_/)
})

test.each([Batcher, BindingPool, InferenceSession, IoBinding, LoraAdapter, OrtValue])(
  '%o has no public constructor: the error names the call to use',
  async (Class) => {
    const construct = () => new (Class as unknown as new () => object)()
    await expectError(construct, 'ERR_INVALID_ARG_TYPE', { says: Class.name, type: TypeError })
    expect(construct).toThrow(expect.objectContaining({ remedy: expect.stringMatching(/^Use .*\(\)/) }))
  },
)
