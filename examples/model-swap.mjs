// A model is replaced by another while requests come in: none fails, none waits for the load, and each gets the answer of the
// model that was there when it came.
//
//   node examples/model-swap.mjs [SWAPS] [MODEL ...]
//
// The models take turns, and must have the inputs and outputs of the first.
import { setImmediate } from 'node:timers/promises'
import { InferenceSession } from 'onnxruntime-iobinding'
import { detectLanguage, model, texts, tokens } from './language.mjs'

const swaps = Number(process.argv[2] ?? 3)
const models = process.argv.length > 3 ? process.argv.slice(3) : [model]
const CALLERS = 32

const toRow = (text) => {
  const ids = tokens(text)
  return { input_0: ids, input_1: new BigInt64Array(ids.length).fill(1n) }
}

// [service]
/** A model, warm: its batches are compared with single rows before the first request. */
async function open(file) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 })
  try {
    const batcher = await session.createBatcher(
      { input_0: ['?'], input_1: ['?'] },
      { maxBatchSize: 8, samples: texts.map(toRow) },
    )
    return { session, batcher }
  } catch (error) {
    await session.release() // the model in use stays
    throw error
  }
}

let current = await open(models[0])

/** The row is in the queue of the current model when this returns. */
const classify = (text) => current.batcher.run(toRow(text))

async function swap(file) {
  const next = await open(file) // takes as long as it takes: the current model answers meanwhile
  const last = current
  current = next // from here requests go to the next
  await last.batcher.close() // answers what waits and what runs
  await last.session.release()
}
// [end]

let swapping = true
const counts = { answered: 0, failed: 0, wrong: 0 }

/** Asks again and again, as a client does. */
async function call(caller) {
  const i = caller % texts.length
  const expected = detectLanguage((await classify(texts[i])).output_0)
  while (swapping) {
    try {
      const { output_0 } = await classify(texts[i])
      ++counts.answered
      if (detectLanguage(output_0) !== expected) ++counts.wrong
    } catch (error) {
      ++counts.failed
      console.error(error)
    }
    await setImmediate()
  }
}

const callers = Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))
for (let i = 1; i <= swaps; ++i) {
  const before = counts.answered
  await swap(models[i % models.length])
  const during = counts.answered - before
  console.log(`swap ${i}: ${during > 0 ? 'requests were answered meanwhile' : 'NO REQUEST WAS ANSWERED'}`)
}
swapping = false
await callers
console.log(`${counts.answered} requests: ${counts.failed} lost, ${counts.wrong} wrong`)
await current.batcher.close()
await current.session.release()
