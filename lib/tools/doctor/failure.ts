import { isOrtError, type OrtErrorFields } from '../../errors'
import type { ProblemCode } from './report'

/** An error in the form in which it leaves a probe's process. */
export interface Failure {
  readonly code: ProblemCode
  /** Without what the other fields hold. */
  readonly message: string
  readonly expected?: string | undefined
  readonly given?: string | undefined
  readonly remedy?: string | undefined
}

export function toFailure(error: unknown): Failure {
  if (!isOrtError(error)) {
    return { code: 'ERR_INTERNAL', message: error instanceof Error ? error.message : String(error) }
  }
  const { code, expected, given, remedy } = error
  return { code, message: bareMessage(error), expected, given, remedy }
}

/** An error's message ends in its details: this is what precedes them. */
function bareMessage({ message, expected, given, remedy }: Error & OrtErrorFields): string {
  const details =
    expected !== undefined
      ? `: expected ${expected}`
      : given !== undefined
        ? `: got ${given}`
        : remedy && `. ${remedy}`
  const end = details === undefined ? -1 : message.lastIndexOf(details)
  return end === -1 ? message : message.slice(0, end)
}
