// The microbenchmark: what one call costs, side by side. `npm run bench -- --help` shows the options.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../run.mjs'
import { chosen, readOptions, save } from './command.mjs'
import { contenders, readyContenders } from './contenders.mjs'
import { hardware, load, versions } from './machine.mjs'
import { models, prepare, THREADS } from './models.mjs'
import { race } from './race.mjs'
import { replaceBetween } from './replace.mjs'
import { BEGIN, END, markdown } from './report.mjs'
import { plot } from './svg.mjs'

const RESULTS = join(root, 'scripts', 'bench', 'results', 'cpu.json')
const HELP = `npm run bench -- [options]
  --rounds N      rounds of each contender (30; with --quick 5)
  --calls N       timed calls of a round (by the model: 5000, 3000, 300)
  --models A,B    ${models('PATH').map(({ id }) => id)}
  --only A,B      ${contenders.map(({ id }) => id)}
  --bert PATH     a BERT-like model to measure too
  --python PATH   a Python that has onnxruntime and numpy (python3)
  --json FILE     where the results go, and FILE.svg a plot of them; a run of everything, with no
                  option that makes it less, goes to scripts/bench/results
  --readme FILE   a file whose table between ${BEGIN} and ${END} is replaced
  --quick         few rounds: a look, not a measurement`

const options = readOptions(HELP, {
  rounds: { type: 'string' },
  calls: { type: 'string' },
  models: { type: 'string' },
  only: { type: 'string' },
  bert: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  json: { type: 'string' },
  readme: { type: 'string' },
  quick: { type: 'boolean', default: false },
})

const choose = (list, option) => chosen(list, { option, value: options[option], help: HELP })

function count(option, otherwise) {
  const value = Number(options[option] ?? otherwise)
  if (Number.isInteger(value) && value > 0) return value
  throw new Error(`--${option} must be a positive integer`)
}

const wanted = choose(contenders, 'only')
const selected = choose(models(options.bert), 'models')
const rounds = count('rounds', options.quick ? 5 : 30)
const { python, commandOf } = readyContenders(wanted, options.python)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const report = {
  date: new Date().toISOString(),
  hardware: hardware(),
  versions: versions(python),
  intraOpNumThreads: THREADS,
  load: { before: load(), after: 0 },
  models: [],
}
try {
  for (const model of selected) {
    const { id, title } = model
    const bench = await prepare(model, folder)
    const onRound = (round) => process.stderr.write(`\r${id}: round ${round + 1} of ${rounds} `)
    const calls = count('calls', model.calls)
    const raced = await race(wanted, (contender) => commandOf(contender, bench), { rounds, calls, onRound })
    process.stderr.write('\n')
    report.models.push({ id, title, ...raced })
  }
} finally {
  rmSync(folder, { recursive: true })
}
report.load.after = load()
const table = markdown(report)
console.log(table)
const less = ['quick', 'only', 'models', 'rounds', 'calls'].some((option) => options[option])
if (options.json ?? !less) save(options.json ?? RESULTS, report, plot)
if (options.readme) replaceBetween(options.readme, [BEGIN, END], table)
