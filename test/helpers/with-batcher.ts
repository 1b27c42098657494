import type { Batcher, BatcherOptions, RowShape } from 'onnxruntime-iobinding'
import { createSession } from './device.ts'

// Without the log of the runs that are expected to fail.
export const open = (model: Uint8Array) => createSession(model, { logSeverityLevel: 4 })

/** A batcher of a session of its own, for one test. */
export async function withBatcher(
  model: Uint8Array,
  row: Readonly<Record<string, RowShape>>,
  options: BatcherOptions,
  body: (batcher: Batcher) => Promise<void>,
): Promise<void> {
  await using session = await open(model)
  await using batcher = await session.createBatcher(row, options)
  await body(batcher)
}
