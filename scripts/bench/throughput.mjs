import { join } from 'node:path'
import { root } from '../run.mjs'
import { chosen, readOptions, save } from './command.mjs'
import { hardware, load, versions } from './machine.mjs'
import { THREADS } from './models.mjs'
import { QuietGate } from './quiet.mjs'
import { replaceBetween } from './replace.mjs'
import { plotLines } from './svg-lines.mjs'
import { COMPARED_AT, caseOf, LADDER, listedModels, namedModel } from './throughput-models.mjs'
import { measure } from './throughput-race.mjs'
import { BEGIN, END, markdown } from './throughput-report.mjs'
import { BASELINE, contenders } from './throughput-services.mjs'
import { evaluate, KEEPS_UP, KNEE } from './throughput-statistics.mjs'
import { unitsPerMs } from './throughput-work.mjs'

const RESULTS = join(root, 'scripts', 'bench', 'results', 'throughput.json')
const QUICK = { seconds: 0.5, repetitions: 1, loads: [10, COMPARED_AT, 110] }
/** All of it in a quarter of an hour. */
const FULL = { seconds: 1.75, repetitions: 3 }

const { models: listed, missing } = listedModels()
const HELP = `npm run bench:throughput -- [options]
  --models A,B     ${listed.map(({ id }) => id)}
  --model FILE     an ONNX file of int64 and float32 inputs, to be measured instead of these
  --shape DIMS     the shape of all its inputs (1x32)
  --only A,B       ${contenders.map(({ id }) => id)}; ${BASELINE}, the reference, is always there
  --loads A,B      in percent (the first model ${LADDER}; the others 10,${COMPARED_AT})
  --seconds N      of a step, at least (${FULL.seconds}; with --quick ${QUICK.seconds})
  --repetitions N  (${FULL.repetitions}; with --quick ${QUICK.repetitions})
  --no-other-work  nothing but requests on the event loop
  --json FILE      where the results go, and FILE.svg a plot of them; a run of everything, with no
                   option that makes it less, goes to scripts/bench/results
  --markdown FILE  a file whose text between ${BEGIN} and ${END} is replaced
  --quick          the first model, few loads, short steps: a look, not a measurement`

const options = readOptions(
  HELP,
  {
    models: { type: 'string' },
    model: { type: 'string' },
    shape: { type: 'string', default: '1x32' },
    only: { type: 'string' },
    loads: { type: 'string' },
    seconds: { type: 'string' },
    repetitions: { type: 'string' },
    'other-work': { type: 'boolean', default: true },
    json: { type: 'string' },
    markdown: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
  { allowNegative: true },
)

const choose = (list, option) => chosen(list, { option, value: options[option], help: HELP })

function positive(option, otherwise) {
  const value = Number(options[option] ?? otherwise)
  if (value > 0) return value
  throw new Error(`--${option} must be a positive number, not '${options[option]}'`)
}

function chosenLoads() {
  const loads = options.loads?.split(',').map(Number)
  if (loads === undefined || (loads.every((percent) => percent > 0) && loads.length > 0))
    return loads && [...new Set(loads)].sort((a, b) => a - b)
  throw new Error(`--loads must be percentages such as 10,70, not '${options.loads}'`)
}

function chosenModels() {
  const models = options.model ? [namedModel(options.model, options.shape)] : choose(listed, 'models')
  const loads = chosenLoads() ?? (options.quick ? QUICK.loads : undefined)
  const wanted = options.quick && !options.models ? models.slice(0, 1) : models
  return wanted.map((model) => ({ ...model, loads: loads ?? model.loads }))
}

const models = chosenModels()
const wanted = contenders.filter((one) => one.id === BASELINE || choose(contenders, 'only').includes(one))
const defaults = options.quick ? QUICK : FULL
const seconds = positive('seconds', defaults.seconds)
const repetitions = Math.ceil(positive('repetitions', defaults.repetitions))
const gate = new QuietGate()
const begin = performance.now()
const otherWork = options['other-work'] ? { unitsPerMs: await unitsPerMs() } : null
const report = {
  date: new Date().toISOString(),
  hardware: hardware(),
  versions: versions(),
  intraOpNumThreads: THREADS,
  load: { before: load(), after: 0 },
  minutes: 0,
  gate: gate.settings,
  seconds,
  repetitions,
  otherWork,
  definitions: { keepsUp: KEEPS_UP, knee: KNEE, comparedAt: COMPARED_AT, baseline: BASELINE },
  missing: options.model || options.models || options.quick ? [] : missing,
  models: [],
}
const less = ['quick', 'only', 'models', 'model', 'loads', 'seconds', 'repetitions'].some(
  (name) => options[name],
)
const json = options.json ?? (less || !otherWork ? undefined : RESULTS)
for (const model of models) {
  const { id, title, loads } = model
  const onStep = (what) => process.stderr.write(`\r\x1b[K${id}: ${what} `)
  const settings = { contenders: wanted, loads, repetitions, seconds, gate, onStep, ...otherWork }
  const measured = await measure(await caseOf(model), settings)
  process.stderr.write('\n')
  report.models.push({
    id,
    title,
    loads,
    ...evaluate(measured, { baseline: BASELINE, comparedAt: COMPARED_AT }),
  })
  report.load.after = load()
  report.minutes = (performance.now() - begin) / 60_000
  // After each model: a run that is cut short has what it has measured.
  if (json) save(json, report, plotLines)
  if (options.markdown) replaceBetween(options.markdown, [BEGIN, END], markdown(report))
}
console.log(markdown(report))
