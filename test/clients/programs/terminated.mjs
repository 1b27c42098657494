// Terminates workers while their runs are in flight.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

if (isMainThread) {
  for (let i = 0; i < 8; ++i) {
    const worker = new Worker(new URL(import.meta.url), { workerData: process.argv[2] })
    await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))
    await new Promise((resolve) => setTimeout(resolve, 3 * i))
    await worker.terminate()
  }
  console.log('ended')
} else {
  const session = await InferenceSession.create(workerData)
  const feed = () => new Tensor('int64', new BigInt64Array(64).fill(7n), [1, 64])
  parentPort.postMessage('ready')
  for (;;) await session.run({ input_0: feed(), input_1: feed() })
}
