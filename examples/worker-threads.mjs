// Worker threads, each with its own session. `run` does not block the event loop without them. Use workers for slow
// JavaScript before and after a run (a tokenizer, an image decoder) and for several sessions at a time.
//
//   node examples/worker-threads.mjs [WORKERS]
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { InferenceSession } from 'onnxruntime-iobinding'
import { MAX_TOKENS, model, texts as sentences, tokens } from './language.mjs'

/** The logits of texts, by a session of the calling thread. */
async function classify(texts) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
  const io = session.createIoBinding({ input_0: [1, MAX_TOKENS], input_1: [1, MAX_TOKENS] })
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
  const texts = sentences.map(tokens)
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
