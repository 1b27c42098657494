import { type Check, isRecord } from '../check'
import { argumentTypeError, OrtError } from '../errors'
import type { Engine } from './engine'

/** @throws the reason of an aborted signal; OrtError `ERR_NOT_SUPPORTED` if the engine cannot cancel a run, or a load */
export function checkSignal(engine: Engine, signal: unknown, what = 'a run'): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const checked = abortSignal(signal, 'signal')
  if (!engine.supports.cancel) {
    throw new OrtError('ERR_NOT_SUPPORTED', `onnxruntime-node cannot cancel ${what}`, {
      remedy: 'Omit the signal, or install the native addon',
    })
  }
  checked.throwIfAborted()
  return checked
}

export const abortSignal: Check<AbortSignal> = (value, name) => {
  if (isAbortSignal(value)) return value
  throw argumentTypeError(name, 'an AbortSignal', value)
}

/** Whether a value is an AbortSignal, of any realm: jsdom has a class of its own. */
function isAbortSignal(value: unknown): value is AbortSignal {
  return isRecord(value) && typeof value.aborted === 'boolean' && typeof value.throwIfAborted === 'function'
}

/**
 * A run that the signal cancels: `cancel` is called once when the signal aborts. The promise then rejects with the signal's
 * reason after the run has ended, whatever its result.
 */
export async function abortable<T>(pending: Promise<T>, signal: AbortSignal, cancel: () => void): Promise<T> {
  const forget = onAbort(signal, cancel)
  try {
    const result = await pending
    signal.throwIfAborted()
    return result
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    forget()
  }
}

interface Cancels {
  readonly calls: Set<() => void>
  readonly listener: () => void
}

/** Of the signals of runs in flight. One listener a signal: Node.js warns of more than ten as a leak. */
const cancelsBySignal = new WeakMap<AbortSignal, Cancels>()

/** Calls `cancel` when the signal aborts, unless the function that it returns is called before. */
export function onAbort(signal: AbortSignal, cancel: () => void): () => void {
  const { calls, listener } = cancelsBySignal.get(signal) ?? listen(signal)
  calls.add(cancel)
  return () => {
    calls.delete(cancel)
    if (calls.size > 0 || cancelsBySignal.get(signal)?.calls !== calls) return
    cancelsBySignal.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}

function listen(signal: AbortSignal): Cancels {
  const calls = new Set<() => void>()
  const listener = () => {
    for (const call of calls) call()
  }
  const cancels = { calls, listener }
  cancelsBySignal.set(signal, cancels)
  signal.addEventListener('abort', listener, { once: true })
  return cancels
}
