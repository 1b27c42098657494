// One call beside onnxruntime-node's in one process, in turn: `npm run bench:together -- --help` lists the options.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { root } from '../../scripts/run.mjs'
import { elementTypes } from '../../test/helpers/tensors.mjs'
import { THREADS } from '../core/case.mjs'
import { finishReport, startReport } from '../core/machine.mjs'
import { choose, positiveInteger, readOptions } from '../core/options.mjs'
import { markdownTable, ranged, replaceBetween, save, setup } from '../core/report.mjs'
import { digits, percentiles, quantile, spread } from '../core/statistics.mjs'
import { larger, models as micro, prepare } from './micro/models.mjs'

const RESULTS = join(root, 'benchmarks', 'results', 'together.json')
const MARKERS = ['<!-- bench-together:begin -->', '<!-- bench-together:end -->']

const models = [...micro, ...larger.filter(({ id }) => ['silero_v6', 'minilm_l6_int8'].includes(id))]
const HELP = `npm run bench:together -- [options]
  --rounds N       rounds of each call (20)
  --calls N        timed calls per round (by the model)
  --models A,B     ${models.map(({ id }) => id)}
  --json FILE      the results; benchmarks/results for a full run
  --markdown FILE  a file whose table between ${MARKERS.join(' and ')} is replaced`

const options = readOptions(HELP)
const rounds = positiveInteger('rounds', options.rounds ?? 20)
const onnxruntimeNode = createRequire(import.meta.url)('onnxruntime-node')
const BASELINE = 'onnxruntime-node run'

/** The calls of a model, by their names: one after another, each of them awaits nothing that needs no wait. */
async function calls({ path, inputs }) {
  const feeds = Object.fromEntries(
    inputs.map(({ name, type, dims, file }) => {
      const bytes = new Uint8Array(readFileSync(file))
      return [name, new Tensor(type, new elementTypes[type].array(bytes.buffer), dims)]
    }),
  )
  const settings = { intraOpNumThreads: THREADS, logSeverityLevel: 3 }
  const [session, other] = await Promise.all([
    InferenceSession.create(path, settings),
    onnxruntimeNode.InferenceSession.create(path, settings),
  ])
  const shapes = Object.fromEntries(inputs.map(({ name, dims }) => [name, dims]))
  const io = session.createIoBinding(shapes)
  for (const { name } of inputs) io.inputs[name].set(feeds[name].data)
  return {
    [BASELINE]: () => other.run(feeds),
    'await session.run()': () => session.run(feeds),
    'await io.run()': () => io.run(),
    'io.runSync()': () => io.runSync(),
  }
}

/** The µs of each call, and the CPU time of the process for one. */
async function sample(call, count) {
  for (let i = 0; i < Math.max(5, count / 20); i++) await call()
  const times = new Float64Array(count)
  const cpu = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const begin = performance.now()
    const pending = call()
    if (pending !== undefined) await pending
    times[i] = (performance.now() - begin) * 1000
  }
  const { user, system } = process.cpuUsage(cpu)
  const { p50, p99 } = percentiles(times)
  return { p50, p99, cpu: (user + system) / count }
}

async function measure(model, folder) {
  const bench = await prepare(model, folder)
  const all = Object.entries(await calls(bench))
  const count = positiveInteger('calls', options.calls ?? model.calls)
  const samples = Object.fromEntries(all.map(([name]) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    // Each follows each other one equally often, and the first round warms up.
    const order = round % 2 ? all.toReversed() : all
    for (const [name, call] of order) {
      const found = await sample(call, count)
      if (round > 0) samples[name].push(found)
    }
    process.stderr.write(`\r${model.id}: round ${round} of ${rounds} `)
  }
  process.stderr.write('\n')
  return {
    id: model.id,
    title: model.title,
    calls: count,
    results: all.map(([name]) => compared(samples, name)),
  }
}

function compared(samples, name) {
  const own = samples[name]
  const ratio = (key) => spread(own.map((one, i) => one[key] / samples[BASELINE][i][key]))
  const least = (of) => Math.min(...of.map(({ p50 }) => p50))
  const median = (key) => quantile(Float64Array.from(own, (one) => one[key]).sort(), 0.5)
  return {
    name,
    ...{ p50: median('p50'), p99: median('p99'), cpu: median('cpu') },
    ratios: {
      p50: ratio('p50'),
      p99: ratio('p99'),
      cpu: ratio('cpu'),
      least: least(own) / least(samples[BASELINE]),
    },
  }
}

function markdown(report) {
  const head = ['call', 'p50 / p99 / CPU, µs', 'p50 ÷', 'p99 ÷', 'CPU ÷', 'least p50 ÷']
  const tables = report.models.map(({ title, calls, results }) => {
    const rows = results.map(({ name, p50, p99, cpu, ratios }) => [
      name,
      [p50, p99, cpu].map(digits).join(' / '),
      ...(name === BASELINE
        ? ['', '', '', '']
        : [ranged(ratios.p50), ranged(ratios.p99), ranged(ratios.cpu), digits(ratios.least)]),
    ])
    return `**${title}** (${rounds} rounds of ${calls} calls)\n\n${markdownTable([head, ...rows])}`
  })
  return [MARKERS[0], setup(report), ...tables].join('\n\n').concat(`\n${MARKERS[1]}`)
}

const report = { ...startReport(THREADS), models: [] }
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
try {
  for (const model of choose(models, 'models', options.models))
    report.models.push(await measure(model, folder))
} finally {
  rmSync(folder, { recursive: true })
}
const table = markdown(finishReport(report))
console.log(table)
const isPart = ['models', 'rounds', 'calls'].some((option) => options[option])
if (options.json ?? !isPart) await save(options.json ?? RESULTS, report)
if (options.markdown) replaceBetween(options.markdown, MARKERS, table)
process.exit()
