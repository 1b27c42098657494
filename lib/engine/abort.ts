import { describe, OrtError, OrtTypeError } from '../errors'
import type { Engine } from './engine'

/** @throws what the signal was aborted with; OrtError where the engine cannot cancel */
export function checkSignal(engine: Engine, signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (!(signal instanceof AbortSignal)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', "'signal' must be an AbortSignal", {
      given: describe(signal),
    })
  }
  if (!engine.supports.cancel) {
    throw new OrtError('ERR_NOT_SUPPORTED', 'onnxruntime-node cannot cancel a run', {
      remedy: 'Leave out the signal, or install the native addon',
    })
  }
  signal.throwIfAborted()
  return signal
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
