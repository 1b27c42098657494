// Worker threads, each with its own session. `run` does not block the event loop without them. Use workers for slow
// JavaScript before and after a run (a tokenizer, an image decoder) and for several sessions at a time.
//
//   node examples/worker-threads.mjs [WORKERS]
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { InferenceSession } from 'onnxruntime-iobinding'

const folder = new URL('../test/models/tiny_bert/', import.meta.url)
const LENGTH = 128

/** The logits of texts, by a session of the calling thread. */
async function classify(texts) {
  const session = await InferenceSession.create(fileURLToPath(new URL('model.onnx', folder)), {
    intraOpNumThreads: 1,
  })
  const io = session.createIoBinding({ input_0: [1, LENGTH], input_1: [1, LENGTH] })
  const answers = texts.map((ids) => {
    io.inputs.input_0.fill(0n).set(ids)
    io.inputs.input_1.fill(0n).fill(1n, 0, ids.length)
    io.runSync() // nothing else waits for a worker's thread
    return Float32Array.from(io.outputs.output_0) // a copy: the next run overwrites the binding's outputs
  })
  await session.release()
  return answers
}

/** The same, in a worker. */
async function inWorker(texts) {
  const worker = new Worker(new URL(import.meta.url), { workerData: texts })
  const [answers] = await once(worker, 'message')
  return answers
}

async function main() {
  const workers = Number(process.argv[2] ?? 2)
  const { samples } = JSON.parse(readFileSync(new URL('model.sample.json', folder), 'utf8'))
  const texts = samples.map(({ inputs }) => BigInt64Array.from(inputs.input_0.data.slice(0, LENGTH), BigInt))
  const shares = Array.from({ length: workers }, (_, worker) =>
    texts.filter((_, i) => i % workers === worker),
  )
  const answers = await Promise.all(shares.map(inWorker))
  const alone = await classify(texts)
  const same = alone.every((logits, i) => {
    const answer = answers[i % workers][Math.floor(i / workers)]
    return logits.every((logit, label) => logit === answer[label])
  })
  console.log(`${texts.length} texts on ${workers} workers: ${same ? 'the same results' : 'OTHER RESULTS'}`)
}

if (isMainThread) await main()
else parentPort.postMessage(await classify(workerData))
