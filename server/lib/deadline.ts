import type { Signal } from './leaving.js'

/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1

/** Gives `work` a signal that also aborts at a deadline. Nothing of it is left when the work has ended. */
export async function withDeadline<T>(
  timeoutMs: number | undefined,
  signal: Signal | undefined,
  work: (signal: Signal | undefined) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work(signal)
  const either = new AbortController()
  const abort = () => either.abort(signal!.reason)
  const expire = () => either.abort(new DOMException('the deadline has passed', 'TimeoutError'))
  const timer = setTimeout(expire, Math.min(Math.ceil(timeoutMs), LONGEST_MS))
  signal?.addEventListener('abort', abort)
  try {
    return await work(either.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
