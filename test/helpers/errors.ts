import { isOrtError, type OrtError } from 'onnxruntime-iobinding'
import { expect } from 'vitest'

interface Expected {
  /** TypeError or RangeError where onnxruntime-common throws one. */
  readonly type?: new () => Error
  /** Parts of the message. */
  readonly says?: string | readonly string[]
}

/** The package's error that a call throws, or that its promise rejects with. */
export async function expectError(
  call: () => unknown,
  code: OrtError['code'] | RegExp,
  { type = Error, says = [] }: Expected = {},
): Promise<Pick<OrtError, 'code' | 'message' | 'expected' | 'given' | 'remedy' | 'cause'>> {
  let error: unknown
  try {
    await call()
  } catch (thrown) {
    error = thrown
  }
  if (!isOrtError(error)) throw new Error(`expected ${code}, got ${error}`, { cause: error })
  expect(error.code).toMatch(code instanceof RegExp ? code : new RegExp(`^${code}$`))
  expect(error).toBeInstanceOf(type)
  for (const part of [says].flat()) expect(error.message).toContain(part)
  return error
}
