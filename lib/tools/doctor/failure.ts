import { isOrtError, type OrtErrorFields } from '../../errors'
import type { ProblemCode } from './report'

/** An error in the form in which it leaves a probe's process. */
export interface Failure {
  readonly code: ProblemCode
  /** Without what the other fields say. */
  readonly message: string
  readonly expected?: string
  readonly given?: string
  readonly remedy?: string
}

export function failureOf(error: unknown): Failure {
  if (!isOrtError(error)) {
    return { code: 'ERR_INTERNAL', message: error instanceof Error ? error.message : String(error) }
  }
  const { code, expected, given, remedy } = error
  return {
    code,
    message: bareMessage(error),
    ...(expected !== undefined && { expected }),
    ...(given !== undefined && { given }),
    ...(remedy !== undefined && { remedy }),
  }
}

/** An error's message ends in its details: this is what comes before them. */
function bareMessage({ message, expected, given, remedy }: Error & OrtErrorFields): string {
  const details =
    expected !== undefined
      ? `: expected ${expected}`
      : given !== undefined
        ? `: got ${given}`
        : remedy !== undefined
          ? `. ${remedy}`
          : undefined
  const end = details === undefined ? -1 : message.lastIndexOf(details)
  return end === -1 ? message : message.slice(0, end)
}
