import { argumentTypeError, OrtError } from '../errors'
import type { Engine } from './engine'

/** @throws the reason of an aborted signal; OrtError `ERR_NOT_SUPPORTED` if the engine cannot cancel a run */
export function checkSignal(engine: Engine, signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (!(signal instanceof AbortSignal)) throw argumentTypeError('signal', 'an AbortSignal', signal)
  if (!engine.supports.cancel) {
    throw new OrtError('ERR_NOT_SUPPORTED', 'onnxruntime-node cannot cancel a run', {
      remedy: 'Omit the signal, or install the native addon',
    })
  }
  signal.throwIfAborted()
  return signal
}

/**
 * A run that the signal cancels: `cancel` is called once when the signal aborts. The promise then rejects with the signal's
 * reason after the run has ended, whatever its result.
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
