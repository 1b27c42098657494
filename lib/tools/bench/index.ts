import { initialized } from '../../index'
import { type Command, UsageError } from '../cli/command'
import { readModel } from '../cli/options'
import { printReport } from '../cli/output'
import { counted, progress } from '../cli/terminal'
import { compareWith, readBaseline } from './baseline'
import { writeResults } from './files'
import { measure } from './measure'
import { type BenchPlan, type Form, readPlans } from './plan'
import { race } from './race'
import { type Timed, toReport } from './report'
import { openBinding, targetCalls } from './target'
import { toText } from './text'

const HELP = `onnxruntime-iobinding bench MODEL [options]

Measures bound runs of a model on this machine: binds once, fills the inputs with pseudorandom values, runs for a few seconds
and reports the run times. Each run is timed individually; the inputs are written once, before the first run.

  --shape NAME=1x128     shape of an input, required where the model leaves it open ('scalar' for []). Of an output: allocates it
                         once where the model does not declare its shape
  --range NAME=LOW..HIGH range of an input's values; default 0..1: integers and booleans are 0 or 1, all others fractions. Strings
                         are single letters
  --seed N               seed of the values; default 1
  --providers LIST       execution providers in order of preference, such as cuda,cpu; default cpu
  --threads N,N          intraOpNumThreads; default: ONNX Runtime's. Measures each of several numbers
  --sync, --async        binding.runSync(), await binding.run(); default: both
  --concurrency N        N callers at the same time, each with a binding of its own; needs --async
  --graph                replays a captured graph; needs a device
  --seconds N            time to measure each; default 3. At most 20 million runs
  --runs N               number of runs to measure, instead
  --warmup N             runs before the measured ones; default: half a second
  --compare onnxruntime-node
                         also measures session.run of onnxruntime-node on the same values: one process each, ten alternating rounds.
                         Fails if the results differ
  --save FILE            writes what --json prints to a file, as a baseline
  --baseline FILE        compares with a saved file. Exit code 1 if a median is longer by more than --tolerance
  --tolerance PERCENT    default 10
  --svg FILE             writes the histograms as a plot
  --json
  --help

Exit code: 0 measured, 1 slower than the baseline, 2 failed.

  onnxruntime-iobinding bench mlp.onnx
  onnxruntime-iobinding bench bert.onnx --shape input_0=1x128 --range input_0=0..30521 --shape input_1=1x128
  onnxruntime-iobinding bench bert.onnx --shape input_0=1x128 --shape input_1=1x128 --providers cuda --graph --sync
  onnxruntime-iobinding bench vad.onnx --shape input=1x576 --threads 1 --compare onnxruntime-node
  onnxruntime-iobinding bench mlp.onnx --shape x=1x128 --threads 1,2,4 --concurrency 8 --svg threads.svg
  onnxruntime-iobinding bench mlp.onnx --shape x=1x128 --baseline mlp.json`

/** `bench MODEL` */
export const bench: Command = {
  summary: 'measures bound runs of a model',
  help: HELP,
  options: {
    shape: { type: 'string', multiple: true },
    range: { type: 'string', multiple: true },
    seed: { type: 'string' },
    providers: { type: 'string', default: 'cpu' },
    threads: { type: 'string' },
    sync: { type: 'boolean', default: false },
    async: { type: 'boolean', default: false },
    graph: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    warmup: { type: 'string' },
    compare: { type: 'string' },
    concurrency: { type: 'string' },
    save: { type: 'string' },
    baseline: { type: 'string' },
    tolerance: { type: 'string' },
    svg: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const model = readModel('bench', positionals)
    const { compare, json } = values
    if (compare !== undefined && compare !== 'onnxruntime-node') {
      throw new UsageError(`--compare: expected onnxruntime-node, got '${compare}'`)
    }
    const plans = readPlans(model, values)
    const baseline = readBaseline(values)
    const timed: Timed[] = []
    try {
      for (const plan of plans) {
        const all = await (compare === undefined ? measureForms(plan) : raceForms(plan))
        timed.push(...(plans.length === 1 ? all : all.map((one) => withThreads(one, plan))))
      }
    } finally {
      progress('')
    }
    const report = toReport(plans[0], timed as [Timed, ...Timed[]])
    const compared = baseline && compareWith(baseline, report)
    printReport({ ...report, ...(compared && { baseline: compared }) }, json === true, toText)
    writeResults(report, values)
    return compared?.isSlower ? 1 : 0
  },
}

const FORMS: Readonly<Record<Form, string>> = { runSync: 'binding.runSync()', run: 'await binding.run()' }

const withThreads = (timed: Timed, { threads }: BenchPlan): Timed => ({
  ...timed,
  name: `${timed.name}, ${counted(threads!, 'thread')}`,
  threads,
})

/** The requested ones, or those that the engine has. */
function selectForms({ forms }: BenchPlan): readonly Form[] {
  return forms ?? (initialized().engine === 'native' ? ['runSync', 'run'] : ['run'])
}

async function measureForms(plan: BenchPlan): Promise<Timed[]> {
  await using target = await openBinding(plan)
  const timed: Timed[] = []
  for (const form of selectForms(plan)) {
    const calls = targetCalls(target, form)
    const name = FORMS[form]
    await measure(calls, plan.warmup, () => progress(`${name}: warming up`))
    const times = await measure(calls, plan.limit, (runs, elapsed) =>
      progress(`${name}: ${runs} runs in ${(elapsed / 1000).toFixed(1)} s`),
    )
    timed.push({ name, about: target.about, times: times.sort() })
  }
  return timed
}

async function raceForms(plan: BenchPlan): Promise<Timed[]> {
  const forms = selectForms(plan)
  const names = [...forms.map((form) => FORMS[form]), 'onnxruntime-node run']
  progress('loading the model')
  const raced = await race(plan, forms, (round, rounds) => progress(`round ${round + 1} of ${rounds}`))
  return raced.map((one, i) => ({ ...one, name: names[i]! }))
}
