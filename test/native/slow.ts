import { InferenceSession, type IoBinding, type SessionOptions, Tensor } from 'onnxruntime-iobinding'
import { slowLoop } from '../helpers/model-builder.mjs'

/** Some hundreds of milliseconds, and longer than any test waits. */
export const LONG = 10_000n
export const ENDLESS = 10n ** 12n

/** Logs nothing: ONNX Runtime takes a run that is ended early for an error, and says so on stderr. */
export function slowSession(options: SessionOptions = {}): Promise<InferenceSession> {
  return InferenceSession.create(slowLoop(), { intraOpNumThreads: 1, logSeverityLevel: 4, ...options })
}

/** A binding of `slowSession()` whose runs take that many trips. */
export function slowBinding(session: InferenceSession, trips: bigint): IoBinding {
  const binding = session.createIoBinding()
  setTrips(binding, trips)
  binding.inputs.x!.fill(0.5)
  return binding
}

export function setTrips(binding: IoBinding, trips: bigint): void {
  ;(binding.inputs.trips as BigInt64Array)[0] = trips
}

/** The same as feeds of `session.run`. */
export function slowFeeds(trips: bigint): Record<string, Tensor> {
  return {
    trips: new Tensor('int64', [trips], []),
    x: new Tensor('float32', new Float32Array(96 * 96).fill(0.5), [96, 96]),
  }
}
