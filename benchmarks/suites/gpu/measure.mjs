// Measures the items of a plan one after another, and records each result at once.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { TargetPool } from '../../core/target-pool.mjs'
import { readyTargets } from '../../targets/targets.mjs'
import { ANSWER_MS } from './race.mjs'
import { markdown } from './report.mjs'

/** Milliseconds that loading a model may take: torch.compile compiles. */
const OPEN_MS = 150_000

const isDone = (journal, { id }) => journal.entries.some((entry) => entry.id === id && entry.type !== 'round')

/**
 * @param {import('./plan.mjs').Item[]} items
 * @param {object} options
 * @param {import('../../core/journal.mjs').Journal} options.journal items in it are not measured again
 * @param {import('../../core/target-pool.mjs').Target[]} options.wanted
 * @param {string} options.python
 * @param {number} options.budget seconds after which no item is started
 * @param {boolean} options.rehearse
 * @param {boolean} options.useTf32
 * @returns {Promise<number>} the exit code: 0 where all was measured
 */
export async function measureItems(items, { journal, wanted, python, budget, rehearse, useTf32 }) {
  const mark = rehearse ? { rehearsal: true } : {}
  const { python: versions, targetCommand } = readyTargets(wanted, { python, device: 'cuda', rehearse })
  const left = items.filter((item) => !isDone(journal, item))
  if (left.length < items.length) console.log(`${items.length - left.length} are in the file already`)
  if (left.length > 0) journal.record({ type: 'python', versions, ...mark })

  const parallel = Math.max(1, Math.floor(cpus().length / 4))
  const pool = new TargetPool(targetCommand, {
    keep: true,
    parallel,
    limits: { open: OPEN_MS, answer: ANSWER_MS },
  })
  const folder = mkdtempSync(join(tmpdir(), 'ort-gpu-bench-'))
  const begin = Date.now()
  const end = begin + budget * 1000
  try {
    for (const [i, item] of left.entries()) {
      if (Date.now() > end) break
      // The remaining time by weight: what one item leaves, the next ones have.
      const weights = left.slice(i).reduce((sum, { weight }) => sum + weight, 0)
      const sliceMs = ((end - Date.now()) * item.weight) / weights
      const onRound = (times, round) => {
        journal.record({ type: 'round', id: item.id, round, times, ...mark })
        process.stderr.write(`\r${item.id}: round ${round + 1} `)
      }
      const result = await item
        .run({ pool, wanted, folder, sliceMs, onRound, useTf32 })
        .catch((error) => ({ type: 'failed', reason: error.message }))
      const entry = { id: item.id, ...result }
      process.stderr.write('\n')
      journal.record({ ...entry, ...mark })
      console.log(`${markdown([entry], rehearse)}\n`)
    }
  } finally {
    await pool.stop()
    rmSync(folder, { recursive: true })
  }
  return conclude(items, journal, { rehearse, seconds: (Date.now() - begin) / 1000, mark })
}

function conclude(items, journal, { rehearse, seconds, mark }) {
  const notRun = items.filter((item) => !isDone(journal, item)).map(({ id }) => id)
  const measured = journal.entries.filter(({ id }) => items.some((item) => item.id === id))
  const failures = measured.flatMap(({ type, id, reason, targets = [] }) => [
    ...(type === 'failed' ? [`${id}: ${reason}`] : []),
    ...targets
      .filter(({ family, notMeasured, excluded }) => family === 'ours' && notMeasured && !excluded)
      .map((target) => `${id}: ${target.id}: ${target.notMeasured}`),
  ])
  journal.record({ type: 'end', measured: items.length - notRun.length, notRun, failures, seconds, ...mark })
  for (const failure of failures) console.log(`FAILED  ${failure}`)
  if (notRun.length > 0) console.log(`NOT RUN, out of time: ${notRun.join(', ')}`)
  const what = rehearse ? "REHEARSAL on the fake driver: none of these figures is a GPU's" : journal.file
  console.log(
    `${items.length - notRun.length} of ${items.length} measured in ${seconds.toFixed(0)} s; ${what}`,
  )
  return failures.length === 0 && notRun.length === 0 ? 0 : 1
}
