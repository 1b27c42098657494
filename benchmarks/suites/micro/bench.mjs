// The microbenchmark: the cost of one call, side by side. `npm run bench -- --help` lists the options.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { THREADS } from '../../core/case.mjs'
import { finishReport, startReport } from '../../core/machine.mjs'
import { choose, positiveInteger, readOptions } from '../../core/options.mjs'
import { openCase, race } from '../../core/race.mjs'
import { replaceBetween, save } from '../../core/report.mjs'
import { compare, percentiles, pooled } from '../../core/statistics.mjs'
import { TargetPool } from '../../core/target-pool.mjs'
import { readyTargets, targets } from '../../targets/targets.mjs'
import { larger, models, prepare } from './models.mjs'
import { BASELINE, LIMIT, MARKERS, markdown, plot } from './report.mjs'

const RESULTS = join(root, 'benchmarks', 'results', 'cpu.json')
/** Processes per target, one after another: the memory layout of a process affects all its rounds. */
const TRIALS = 3

const all = targets(
  LIMIT,
  ...['run-sync', 'run', 'run-thread', 'session-run'],
  ...[BASELINE, 'ort-node-preallocated', 'python-run', 'python-binding', 'python-openvino'],
)
const HELP = `npm run bench -- [options]
  --rounds N       rounds of each target (30; with --quick 5)
  --calls N        timed calls per round (by the model: 5000, 3000, 300)
  --models A,B     ${models.map(({ id }) => id)};
                   omitted by default, because they take minutes: ${larger.map(({ id }) => id)}
  --only A,B       ${all.map(({ id }) => id)}
  --python PATH    a Python with onnxruntime, openvino and numpy (python3)
  --json FILE      the results, and FILE.svg a plot of them; benchmarks/results for a full run
  --markdown FILE  a file whose table between ${MARKERS.join(' and ')} is replaced
  --quick          few rounds: a smoke test, not a measurement

Exit code 0: each of this package's targets was measured.`

const options = readOptions(HELP, { python: 'python3' })
const wanted = choose(all, 'only', options.only)
const selected = options.models ? choose([...models, ...larger], 'models', options.models) : models
const rounds = positiveInteger('rounds', options.rounds ?? (options.quick ? 5 : 30))
const { python, targetCommand } = readyTargets(wanted, options)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))

async function measure(model) {
  const bench = await prepare(model, folder)
  const calls = positiveInteger('calls', options.calls ?? model.calls)
  const { tolerance = 1e-3 } = model
  // When a round begins, the caches hold the previous target's data.
  const warmup = Math.max(5, Math.ceil(calls / 20))
  const entries = wanted.map((target) => ({ ...target, rounds: [] }))
  const pool = new TargetPool(targetCommand)
  try {
    await race(pool, entries, {
      least: rounds,
      reopenEvery: Math.ceil(rounds / TRIALS),
      open: () => openCase(pool, entries, bench, ({ sum }) => tolerance * (1 + Math.abs(sum))),
      sample: async (entry) => entry.rounds.push(await entry.process.measure(warmup, calls)),
      onRound: (_, round) => process.stderr.write(`\r${model.id}: round ${round + 1} of ${rounds} `),
    })
  } finally {
    await pool.stop()
  }
  process.stderr.write('\n')
  return { id: model.id, title: model.title, rounds, calls, warmup, targets: evaluate(entries) }
}

function evaluate(entries) {
  const against = (times, wantedId) => {
    const other = entries.find(({ id }) => id === wantedId)?.rounds
    return other?.length ? compare(times, other) : undefined
  }
  return entries.map(({ id, label, family, notMeasured, clockNs, rounds: times }) => {
    if (notMeasured) return { id, label, family, notMeasured }
    const { max, ...found } = percentiles(pooled(times))
    const ratios = { againstLimit: against(times, LIMIT), againstBaseline: against(times, BASELINE) }
    return { id, label, family, clockNs, ...found, ...ratios }
  })
}

const report = { ...startReport(THREADS), models: [] }
try {
  for (const model of selected) report.models.push(await measure(model))
} finally {
  rmSync(folder, { recursive: true })
}
const table = markdown(finishReport(report, python))
console.log(table)
const isPart = ['quick', 'only', 'models', 'rounds', 'calls'].some((option) => options[option])
if (options.json ?? !isPart) await save(options.json ?? RESULTS, report, plot)
if (options.markdown) replaceBetween(options.markdown, MARKERS, table)
const measured = report.models.flatMap((model) => model.targets)
process.exitCode = measured.some(({ family, notMeasured }) => family === 'ours' && notMeasured) ? 1 : 0
