// Measures what a plan holds, one item after another, and records it as it comes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContenderPool } from './contender-pool.mjs'
import { findPython } from './contenders.mjs'
import { markdown } from './report.mjs'

const isDone = (results, { id }) => results.entries.some((entry) => entry.id === id && entry.type !== 'round')

/**
 * @param {import('./plan.mjs').Item[]} items
 * @param {object} options
 * @param {import('./results.mjs').Results} options.results what these have already is not done again
 * @param {import('./contenders.mjs').Contender[]} options.wanted
 * @param {string} options.python
 * @param {number} options.budget seconds after which nothing new is started
 * @param {boolean} options.rehearse
 * @param {boolean} options.useTf32
 * @returns {Promise<number>} the exit code: 0 where all was measured
 */
export async function measureItems(items, { results, wanted, python, budget, rehearse, useTf32 }) {
  const mark = rehearse ? { rehearsal: true } : {}
  const { versions, why } = findPython(python, rehearse)
  const left = items.filter((item) => !isDone(results, item))
  if (left.length < items.length) console.log(`${items.length - left.length} are in the file already`)
  if (left.length > 0) results.record({ type: 'python', versions, ...mark })

  const pool = new ContenderPool(wanted, why, python)
  const folder = mkdtempSync(join(tmpdir(), 'ort-gpu-bench-'))
  const begin = Date.now()
  const end = begin + budget * 1000
  try {
    for (const [i, item] of left.entries()) {
      if (Date.now() > end) break
      // What is left of the time, shared out by weight; what took less leaves more to the others.
      const weights = left.slice(i).reduce((sum, { weight }) => sum + weight, 0)
      const sliceMs = ((end - Date.now()) * item.weight) / weights
      const onRound = (round, times) => {
        results.record({ type: 'round', id: item.id, round, times, ...mark })
        process.stderr.write(`\r${item.id}: round ${round + 1} `)
      }
      const has = (id) => wanted.some((one) => one.id === id)
      let entry
      try {
        entry = { id: item.id, ...(await item.run(pool, { folder, sliceMs, onRound, useTf32, has, why })) }
      } catch (error) {
        entry = { type: 'failed', id: item.id, reason: error.message }
      }
      process.stderr.write('\n')
      results.record({ ...entry, ...mark })
      console.log(`${markdown([entry], rehearse)}\n`)
    }
  } finally {
    await pool.stop()
    rmSync(folder, { recursive: true })
  }
  return conclude(items, results, { rehearse, seconds: (Date.now() - begin) / 1000, mark })
}

function conclude(items, results, { rehearse, seconds, mark }) {
  const notRun = items.filter((item) => !isDone(results, item)).map(({ id }) => id)
  const measured = results.entries.filter(({ id }) => items.some((item) => item.id === id))
  const failures = measured.flatMap(({ type, id, reason, contenders: entries = [] }) => [
    ...(type === 'failed' ? [`${id}: ${reason}`] : []),
    ...entries
      .filter(({ family, notMeasured, excepted }) => family === 'ours' && notMeasured && !excepted)
      .map((entry) => `${id}: ${entry.id}: ${entry.notMeasured}`),
  ])
  results.record({ type: 'end', measured: items.length - notRun.length, notRun, failures, seconds, ...mark })
  for (const failure of failures) console.log(`FAILED  ${failure}`)
  if (notRun.length > 0) console.log(`NOT RUN for want of time: ${notRun.join(', ')}`)
  const what = rehearse ? "REHEARSAL on the fake driver: none of these figures is a GPU's" : results.file
  console.log(
    `${items.length - notRun.length} of ${items.length} measured in ${seconds.toFixed(0)} s; ${what}`,
  )
  return failures.length === 0 && notRun.length === 0 ? 0 : 1
}
