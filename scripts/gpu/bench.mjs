// The benchmarks on a GPU: `npm run bench:gpu -- --help`. Needs the built package and Node; Python's contenders where
// there is one.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contenders, findPython } from './contenders.mjs'
import { markdown } from './report.mjs'
import { COMMON_HELP, chosen, openResults, readOptions } from './suite.mjs'

const HELP = `npm run bench:gpu -- [options]${COMMON_HELP}
  --model FILE    a model to measure too, before all others; given with
  --shape SHAPE   1x128 for all its inputs, or name=1x128, once for each input
  --torch FILE    the same model for torch (torch.save of a module, or TorchScript), called with the inputs in order
  --contenders A  ${contenders.map(({ id }) => id).join(' ')}
  --python PATH   a Python that has onnxruntime with CUDA, or torch (python3)
  --tf32          lets all of them round products' factors to TF32

Exit code 0: everything was measured, and of this package's contenders each.`

const options = readOptions(
  {
    model: { type: 'string' },
    shape: { type: 'string', multiple: true, default: [] },
    torch: { type: 'string' },
    contenders: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    tf32: { type: 'boolean', default: false },
  },
  HELP,
  { name: 'bench', budget: 480 },
)
if (options !== undefined) process.exitCode = await main(options)

async function main({ only, budget, rehearse, list, out, fresh, python, tf32, ...choice }) {
  const { plan } = await import('./plan.mjs')
  const all = plan(choice)
  const items = all.filter((item) => chosen(only, item))
  if (items.length === 0) throw new Error(`--only ${only}: there is none of these`)
  if (list) {
    for (const { id } of items) console.log(id)
    return 0
  }
  const ids = choice.contenders?.split(',')
  const wanted = contenders.filter(({ id }) => ids === undefined || ids.includes(id))
  if (wanted.length === 0) throw new Error(`--contenders ${choice.contenders}: there is none of these`)
  const results = openResults('bench', { out, fresh })
  if (results === undefined) return 1
  const mark = rehearse ? { rehearsal: true } : {}
  const { versions, why } = findPython(python, rehearse)
  const isDone = ({ id }) => results.entries.some((entry) => entry.id === id && entry.type !== 'round')
  const left = items.filter((item) => !isDone(item))
  if (left.length < items.length) console.log(`${items.length - left.length} are in the file already`)
  if (left.length > 0) results.record({ type: 'python', versions, ...mark })

  const { ContenderPool } = await import('./contender-pool.mjs')
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
      const setup = {
        folder,
        sliceMs,
        onRound,
        useTf32: tf32,
        has: (id) => wanted.some((one) => one.id === id),
        why,
      }
      let entry
      try {
        entry = { id: item.id, ...(await item.run(pool, setup)) }
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
  return conclude(items, isDone, results, { rehearse, seconds: (Date.now() - begin) / 1000, mark })
}

function conclude(items, isDone, results, { rehearse, seconds, mark }) {
  const notRun = items.filter((item) => !isDone(item)).map(({ id }) => id)
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
