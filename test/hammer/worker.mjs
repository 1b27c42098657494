// Runs traces until it is terminated, or ends by itself.
import { parentPort, workerData } from 'node:worker_threads'
import { makeTrace, runTrace } from './trace.mjs'

const { seed } = workerData
for (let i = 0; i < 1 + (seed % 20); i++) {
  try {
    await runTrace(makeTrace(seed + i))
  } catch (error) {
    parentPort?.postMessage(`seed ${seed + i}: ${error instanceof Error ? error.stack : error}`)
  }
}
if (seed % 2) process.exit(0)
