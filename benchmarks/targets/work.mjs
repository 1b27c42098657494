// The work of a server's event loop beside inference, in units: it parses a JSON body, tokenizes the text, and writes an
// answer as JSON.
import { setImmediate } from 'node:timers/promises'

const TEXT = 'the quick brown fox jumps over the lazy dog while the cat looks on from the warm sill'
const BODY = JSON.stringify({ id: 'request-0', text: TEXT, options: { top: 3, normalize: true } })
const VOCABULARY = 30_000
const [WARM_UP_MS, SAMPLE_MS, SAMPLES] = [200, 10, 30]

/** A token id for each word. */
function tokens(/** @type {string} */ text) {
  const ids = [0]
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 32) ids.push(0)
    else ids[ids.length - 1] = (ids[ids.length - 1] * 31 + code) % VOCABULARY
  }
  return ids
}

function question() {
  const { id, text } = JSON.parse(BODY)
  return { id, ids: tokens(text) }
}

function answer({ id, ids }) {
  const labels = ids.slice(0, 3).map((token, rank) => ({ token, rank, score: token / VOCABULARY }))
  return JSON.stringify({ id, tokens: ids.length, labels })
}

function repeat(units, work) {
  let last
  for (let i = 0; i < units; i++) last = work()
  return last
}

/** A handler's work before the inference. Returns the last question. */
export const readQuestions = (units) => repeat(units, question)

/** A handler's work after it. Returns the last answer, so that it is used. */
export const writeAnswers = (units, last) => repeat(units, () => answer(last))

/** A timer's work. */
export const background = (units) => repeat(units, () => answer(question()))

/** Units per millisecond here. The benchmark measures it once: each target then does the same work. */
export async function unitsPerMs() {
  const until = performance.now() + WARM_UP_MS
  while (performance.now() < until) background(100)
  let best = 0
  for (let sample = 0; sample < SAMPLES; sample++) {
    await setImmediate()
    const begin = performance.now()
    let [units, ms] = [0, 0]
    do {
      background(20)
      units += 20
      ms = performance.now() - begin
    } while (ms < SAMPLE_MS)
    best = Math.max(best, units / ms)
  }
  return best
}
