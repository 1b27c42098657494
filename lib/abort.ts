/** A promise that rejects, where `async` would cost one more turn on the way that succeeds. */
export function rejected(error: unknown): Promise<never> {
  return Promise.reject(error)
}

/**
 * A run that a signal can end: `cancel` is called once when the signal aborts, and the promise then rejects with the
 * signal's reason when the run has ended, whatever came of it.
 */
export async function abortable<T>(pending: Promise<T>, signal: AbortSignal, cancel: () => void): Promise<T> {
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const result = await pending
    signal.throwIfAborted()
    return result
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
