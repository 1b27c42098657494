import { env, TRACE_EVENT_BEGIN, TRACE_EVENT_END } from 'onnxruntime-common'
import { observeRun, type RunTimes, runsAreObserved } from '../engine/diagnostics'
import { engine } from '../engine/select'
import type { LoadedSession } from './create'

type Traced = 'InferenceSession.create' | 'InferenceSession.run'

/**
 * Whether `env.trace` is on, or `env.wasm.trace`, its earlier name. On the other engine onnxruntime-common traces the sessions that
 * it creates.
 */
export function isTraced(): boolean {
  return (env.trace ?? env.wasm.trace ?? false) && engine().name === 'native'
}

/** Prints the time of a call and marks it for the inspector, as onnxruntime-common does for its own sessions. */
export async function traced<T>(name: Traced, call: () => Promise<T>): Promise<T> {
  mark(`FUNC_BEGIN::${name}`)
  TRACE_EVENT_BEGIN(name)
  try {
    return await call()
  } finally {
    TRACE_EVENT_END(name)
    mark(`FUNC_END::${name}`)
  }
}

/** A run of a session that `env.trace` prints, or that node:diagnostics_channel publishes to subscribers. */
export function tracedRun<T>(loaded: LoadedSession, run: (times?: RunTimes) => Promise<T>): Promise<T> {
  const observed = () => (runsAreObserved() ? observeRun('session.run', loaded, run) : run())
  return isTraced() ? traced('InferenceSession.run', observed) : observed()
}

/** onnxruntime-common's TRACE; a console of another program's can lack this function. */
function mark(label: string): void {
  console.timeStamp?.(`CPU::ORT::${label}`)
}
