// The microbenchmark: what one call costs, side by side. `npm run bench -- --help` shows the options.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../run.mjs'
import { ContenderProcess } from './contender-process.mjs'
import { BASELINE, contenders, LIMIT, readyContenders } from './contenders.mjs'
import { hardware, load, versions } from './machine.mjs'
import { models, prepare, THREADS } from './models.mjs'
import { BEGIN, END, markdown } from './report.mjs'
import { compare, percentiles, pooled } from './statistics.mjs'
import { plot } from './svg.mjs'

const RESULTS = join(root, 'scripts', 'bench', 'results', 'cpu.json')
const HELP = `npm run bench -- [options]
  --rounds N      rounds of each contender (30; with --quick 5)
  --calls N       timed calls of a round (by the model: 5000, 3000, 300)
  --models A,B    ${models('PATH').map(({ id }) => id)}
  --only A,B      ${contenders.map(({ id }) => id)}
  --bert PATH     a BERT-like model to measure too
  --python PATH   a Python that has onnxruntime and numpy (python3)
  --json FILE     where to write the results, with a plot beside it (a run of everything: scripts/bench/results/cpu.json)
  --readme FILE   a file whose table between ${BEGIN} and ${END} is replaced
  --quick         few rounds: a look, not a measurement`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    calls: { type: 'string' },
    models: { type: 'string' },
    only: { type: 'string' },
    bert: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    json: { type: 'string' },
    readme: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(HELP)
  process.exit()
}

/** The entries of a list whose ids an option names; all of them where it is left out. */
function chosen(list, option) {
  const ids = options[option]?.split(',')
  const unknown = ids?.find((id) => list.every((entry) => entry.id !== id))
  if (unknown !== undefined) throw new Error(`--${option}: there is no '${unknown}'\n${HELP}`)
  return ids ? list.filter(({ id }) => ids.includes(id)) : list
}

function count(option, otherwise) {
  const value = Number(options[option] ?? otherwise)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${option} must be a positive integer`)
}

/** Starts the contenders of a model, and has them do their rounds in turn: A B C A B C. */
async function race(model, bench, commandOf, rounds) {
  const calls = count('calls', model.calls)
  const warmup = Math.max(5, Math.ceil(calls / 20))
  const racers = []
  const entries = []
  for (const contender of wanted) {
    const command = commandOf(contender.id, bench)
    if (typeof command === 'string') {
      entries.push({ contender, notMeasured: command })
      continue
    }
    const racer = new ContenderProcess(command)
    const entry = { contender, ...(await racer.ready()), rounds: [] }
    racers.push({ racer, entry })
    entries.push(entry)
  }
  checkSums(racers.map(({ entry }) => entry))
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`\r${model.id}: round ${round + 1} of ${rounds} `)
    for (const { racer, entry } of racers) entry.rounds.push(await racer.round(warmup, calls))
  }
  process.stderr.write('\n')
  await Promise.all(racers.map(({ racer }) => racer.stop()))
  return { id: model.id, title: model.title, rounds, calls, warmup, contenders: evaluate(entries) }
}

/** All have computed the same. */
function checkSums([first, ...others]) {
  for (const { contender, sum } of others) {
    if (Math.abs(sum - first.sum) <= 1e-3 + 1e-3 * Math.abs(first.sum)) continue
    throw new Error(`${contender.id} computes ${sum} where ${first.contender.id} computes ${first.sum}`)
  }
}

function evaluate(entries) {
  const roundsOf = (id) => entries.find(({ contender }) => contender.id === id)?.rounds
  const against = (rounds, id) => (roundsOf(id) ? compare(rounds, roundsOf(id)) : undefined)
  return entries.map(({ contender, notMeasured, clockNs, rounds }) => {
    if (notMeasured) return { ...contender, notMeasured }
    return {
      ...contender,
      clockNs,
      ...percentiles(pooled(rounds)),
      againstLimit: against(rounds, LIMIT),
      againstBaseline: against(rounds, BASELINE),
    }
  })
}

const rounded = (_key, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)

function save(file, report) {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`)
  writeFileSync(file.replace(/(\.json)?$/, '.svg'), plot(report))
}

function replaceTable(file, table) {
  const [before, after] = [
    readFileSync(file, 'utf8').split(BEGIN)[0],
    readFileSync(file, 'utf8').split(END)[1],
  ]
  if (after === undefined) throw new Error(`${file} has no ${BEGIN} and ${END}`)
  writeFileSync(file, before + table + after)
}

const wanted = chosen(contenders, 'only')
const selected = chosen(models(options.bert), 'models')
const { pythonVersion, commandOf } = readyContenders(wanted, options.python)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const report = {
  date: new Date().toISOString(),
  hardware: hardware(),
  versions: versions(pythonVersion),
  intraOpNumThreads: THREADS,
  load: { before: load(), after: 0 },
  models: [],
}
try {
  const rounds = count('rounds', options.quick ? 5 : 30)
  for (const model of selected) {
    report.models.push(await race(model, await prepare(model, folder), commandOf, rounds))
  }
} finally {
  rmSync(folder, { recursive: true })
}
report.load.after = load()
const table = markdown(report)
console.log(table)
const everything = !options.quick && !options.only && !options.models
const json = options.json ?? (everything ? RESULTS : undefined)
if (json) save(json, report)
if (options.readme) replaceTable(options.readme, table)
