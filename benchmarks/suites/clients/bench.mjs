// Unmodified clients of onnxruntime-node, with and without `register`. `npm run bench:clients -- --help` lists the options.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { initialize } from '../../../dist/index.mjs'
import { root } from '../../../scripts/run.mjs'
import { writeBert } from '../../../test/clients/bert.mjs'
import { install } from '../../../test/clients/install.mjs'
import { modelCases } from '../../../test/helpers/cases.mjs'
import { finishReport, startReport } from '../../core/machine.mjs'
import { choose, positive, positiveInteger, readOptions } from '../../core/options.mjs'
import { openCase, race } from '../../core/race.mjs'
import { replaceBetween, save } from '../../core/report.mjs'
import { spread } from '../../core/statistics.mjs'
import { TargetPool } from '../../core/target-pool.mjs'
import { clients, MINILM } from './clients.mjs'
import { MARKERS, markdown, plot } from './report.mjs'

const RESULTS = join(root, 'benchmarks', 'results', 'clients.json')
const REGISTER = pathToFileURL(join(root, 'dist', 'register', 'index.mjs')).href
const BASELINE = 'ort-node'
/** @type {import('../../core/target-pool.mjs').Target[]} */
const TARGETS = [
  { id: BASELINE, label: 'onnxruntime-node', family: 'theirs' },
  { id: 'register', label: 'with register', family: 'ours' },
]
const HELP = `npm run bench:clients -- [options]
  --rounds N       rounds of each target (10)
  --seconds N      of a round, or one call (3)
  --clients A,B    ${clients.map(({ id }) => id)}
  --json FILE      the results, and FILE.svg a plot of them; benchmarks/results for a full run
  --markdown FILE  a file whose table between ${MARKERS.join(' and ')} is replaced

It installs the clients, 600 MB, in a temporary folder. transformers.js needs MiniLM of the folder ONNX_MODELS_DIR.`

const options = readOptions(HELP)
const rounds = positiveInteger('rounds', options.rounds ?? 10)
const seconds = positive('seconds', options.seconds ?? 3)
const selected = choose(clients, 'clients', options.clients)
const minilm = modelCases().find(({ id }) => id === 'minilm_l6_int8')

async function measure({ id, title }, folder) {
  const target = join(import.meta.dirname, 'target.mjs')
  const node = (entry) => (entry === 'register' ? ['--import', REGISTER] : [])
  const pool = new TargetPool((entry) => [process.execPath, ...node(entry), target, folder])
  const entries = TARGETS.map((entry) => ({ ...entry, rounds: [] }))
  try {
    await race(pool, entries, {
      least: rounds,
      open: () => openCase(pool, entries, { id }, () => 0),
      order: (all, round) => (round % 2 ? all.toReversed() : all),
      sample: async (entry) => entry.rounds.push(await entry.process.ask({ op: 'delays', seconds })),
      onRound: (_, round) => process.stderr.write(`\r${id}: round ${round + 1} of ${rounds} `),
    })
  } finally {
    await pool.stop()
  }
  process.stderr.write('\n')
  return { id, title, targets: evaluate(entries) }
}

function evaluate(entries) {
  const [{ rounds: baseline }] = entries
  return entries.map(({ id, label, family, notMeasured, rounds: own }) => {
    if (notMeasured) return { id, label, family, notMeasured }
    const speed = spread(own.map(({ runMs }, i) => baseline[i]?.runMs / runMs))
    return {
      ...{ id, label, family },
      hold: spread(own.map(({ delayMs }) => delayMs.max)),
      runMs: spread(own.map(({ runMs }) => runMs)),
      ...(id !== BASELINE && { speed }),
    }
  })
}

const { folder, unavailable, remove } = install(join(root, 'test', 'clients', 'models'))
const report = { ...startReport('default'), rounds, seconds, clients: [], missing: [] }
try {
  if (unavailable !== undefined) throw new Error(`the clients cannot be installed: ${unavailable}`)
  await initialize()
  const path = minilm && join(minilm.dir, 'model.onnx')
  if (path && existsSync(path)) writeBert(folder, { name: MINILM, model: readFileSync(path) })
  for (const client of selected) {
    if (client.id === 'transformers' && !existsSync(join(folder, MINILM))) report.missing.push(client.title)
    else report.clients.push(await measure(client, folder))
  }
} finally {
  remove()
}
const table = markdown(finishReport(report))
console.log(table)
const isPart = ['rounds', 'seconds', 'clients'].some((option) => options[option])
if (options.json ?? !isPart) await save(options.json ?? RESULTS, report, plot)
if (options.markdown) replaceBetween(options.markdown, MARKERS, table)
process.exitCode = report.clients.some(({ targets }) => targets.some(({ notMeasured }) => notMeasured))
  ? 1
  : 0
