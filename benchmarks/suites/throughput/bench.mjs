// Many callers: latency against offered load. `npm run bench:throughput -- --help` lists the options.
import { join } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { THREADS } from '../../core/case.mjs'
import { finishReport, startReport } from '../../core/machine.mjs'
import { choose, positive, readOptions } from '../../core/options.mjs'
import { QuietGate } from '../../core/quiet.mjs'
import { replaceBetween, save } from '../../core/report.mjs'
import { BASELINE, targets } from '../../targets/services.mjs'
import { unitsPerMs } from '../../targets/work.mjs'
import { COMPARED_AT, LADDER, listedModels, namedModel, serviceCase } from './models.mjs'
import { measure } from './race.mjs'
import { MARKERS, markdown, plot } from './report.mjs'
import { evaluate, KEEPS_UP, KNEE } from './statistics.mjs'

const RESULTS = join(root, 'benchmarks', 'results', 'throughput.json')
const QUICK = { seconds: 0.5, repetitions: 1, loads: [10, COMPARED_AT, 110] }
/** The whole suite takes about 20 minutes. */
const FULL = { seconds: 1.75, repetitions: 3 }

const { models: listed, missing } = listedModels()
const HELP = `npm run bench:throughput -- [options]
  --models A,B     ${listed.map(({ id }) => id)}
  --model FILE     an ONNX file of int64 and float32 inputs, instead of these
  --shape DIMS     the shape of all its inputs (1x32)
  --only A,B       ${targets.map(({ id }) => id)}; ${BASELINE}, the reference, is always measured
  --loads A,B      in percent (the first model ${LADDER}; the others 10,${COMPARED_AT})
  --seconds N      per step, at least (${FULL.seconds}; with --quick ${QUICK.seconds})
  --repetitions N  (${FULL.repetitions}; with --quick ${QUICK.repetitions})
  --no-other-work  nothing but requests on the event loop
  --json FILE      the results, and FILE.svg a plot of them; benchmarks/results for a full run
  --markdown FILE  a file whose text between ${MARKERS.join(' and ')} is replaced
  --quick          the first model, few loads, short steps, no sample again: a smoke test, not a measurement`

const options = readOptions(HELP, { shape: '1x32' })

function chosenLoads() {
  const loads = options.loads?.split(',').map(Number)
  if (loads === undefined) return options.quick ? QUICK.loads : undefined
  if (loads.every((percent) => percent > 0)) return [...new Set(loads)].sort((a, b) => a - b)
  throw new Error(`--loads: expected percentages such as 10,70, got '${options.loads}'`)
}

function chosenModels() {
  const models = options.model
    ? [namedModel(options.model, options.shape)]
    : choose(listed, 'models', options.models)
  const loads = chosenLoads()
  const wanted = options.quick && !options.models ? models.slice(0, 1) : models
  return wanted.map((model) => ({ ...model, loads: loads ?? model.loads }))
}

const models = chosenModels()
const chosen = choose(targets, 'only', options.only)
const wanted = targets.filter((target) => target.id === BASELINE || chosen.includes(target))
const defaults = options.quick ? QUICK : FULL
const seconds = positive('seconds', options.seconds ?? defaults.seconds)
const repetitions = Math.ceil(positive('repetitions', options.repetitions ?? defaults.repetitions))
const gate = new QuietGate(options.quick ? { retries: 0 } : {})
const begin = performance.now()
const otherWork = options['other-work'] ? { unitsPerMs: await unitsPerMs() } : null
const isPart = ['quick', 'only', 'models', 'model', 'loads', 'seconds', 'repetitions'].some(
  (name) => options[name],
)
const json = options.json ?? (isPart || !otherWork ? undefined : RESULTS)
const report = {
  ...startReport(THREADS),
  minutes: 0,
  gate: gate.settings,
  seconds,
  repetitions,
  otherWork,
  definitions: { keepsUp: KEEPS_UP, knee: KNEE, comparedAt: COMPARED_AT, baseline: BASELINE },
  missing: options.model || options.models || options.quick ? [] : missing,
  models: [],
}
for (const model of models) {
  const { id, title, loads } = model
  const onStep = (what) => process.stderr.write(`\r\x1b[K${id}: ${what} `)
  const settings = { targets: wanted, loads, repetitions, seconds, gate, onStep, ...otherWork }
  const measured = await measure(await serviceCase(model), settings)
  process.stderr.write('\n')
  const figures = evaluate(measured, { baseline: BASELINE, comparedAt: COMPARED_AT })
  report.models.push({ id, title, loads, ...figures })
  finishReport(report)
  report.minutes = (performance.now() - begin) / 60_000
  // After each model: a run that is cut short keeps what it has measured.
  if (json) await save(json, report, plot)
  if (options.markdown) replaceBetween(options.markdown, MARKERS, markdown(report))
}
console.log(markdown(report))
