import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resolveOnnxruntimeNode } from '../../engine/library'
import { InferenceSession, type IoBinding, initialized } from '../../index'
import { measure } from '../bench/measure'
import { type BenchPlan, type Form, readPlans } from '../bench/plan'
import { race } from '../bench/race'
import { quantile } from '../bench/statistics'
import { openBinding, targetCalls } from '../bench/target'
import { type Command, UsageError } from '../cli/command'
import { printReport } from '../cli/output'
import { ROOT } from '../cli/package'
import { progress } from '../cli/terminal'

const HELP = `onnxruntime-iobinding demo [options]

Recognizes the language of a few texts with a small model that the package contains. Then measures the runs of a binding beside
session.run of onnxruntime-node, if it is installed: the same values, one process each, ten alternating rounds. Fails if the
results differ.

  --seconds N  time to measure each; default 2
  --json
  --help`

/** What examples/language.mjs exports. */
interface Language {
  readonly model: string
  readonly MAX_TOKENS: number
  readonly texts: readonly string[]
  tokens(text: string): BigInt64Array
  detectLanguage(logits: Float32Array): string
}

interface Recognized {
  readonly text: string
  readonly language: string
}

interface Timed {
  readonly name: string
  /** In microseconds. */
  readonly p50: number
  readonly p99: number
  /** onnxruntime-node's p50 divided by this one; absent for itself, and where it is not installed. */
  readonly ratio?: number
}

interface DemoReport {
  readonly engine: string
  readonly onnxruntime: string
  readonly model: string
  readonly texts: readonly Recognized[]
  readonly measured: readonly Timed[]
}

const NAMES: Readonly<Record<Form, string>> = { runSync: 'io.runSync()', run: 'await io.run()' }

/** `demo` */
export const demo: Command = {
  summary: 'runs a small model of the package, beside onnxruntime-node',
  help: HELP,
  options: { seconds: { type: 'string', default: '2' }, json: { type: 'boolean', default: false } },
  async run(positionals, { seconds, json }) {
    if (positionals.length > 0) throw new UsageError('demo takes options only')
    const example = pathToFileURL(join(ROOT, 'examples', 'language.mjs')).href
    const language: Language = await import(example)
    const size = `1x${language.MAX_TOKENS}`
    const [plan] = readPlans(language.model, {
      seconds,
      providers: 'cpu',
      threads: '1',
      shape: [`input_0=${size}`, `input_1=${size}`],
      range: ['input_0=97..122'],
    })
    const texts = await recognize(language)
    try {
      const { engine, version } = initialized()
      const measured = await measureRuns(plan)
      const report = { engine, onnxruntime: version, model: language.model, texts, measured }
      printReport(report, json === true, toText)
    } finally {
      progress('')
    }
    return 0
  },
}

async function recognize(language: Language): Promise<Recognized[]> {
  const length = language.MAX_TOKENS
  const session = await InferenceSession.create(language.model, { intraOpNumThreads: 1 })
  const io: IoBinding = session.createIoBinding({ input_0: [1, length], input_1: [1, length] })
  const recognized: Recognized[] = []
  for (const text of language.texts) {
    const ids = language.tokens(text)
    ;(io.inputs.input_0 as BigInt64Array).fill(0n).set(ids)
    ;(io.inputs.input_1 as BigInt64Array).fill(0n).fill(1n, 0, ids.length)
    await io.run()
    recognized.push({ text, language: language.detectLanguage(io.outputs.output_0 as Float32Array) })
  }
  await session.release()
  return recognized
}

async function measureRuns(plan: BenchPlan): Promise<Timed[]> {
  const forms: Form[] = initialized().engine === 'native' ? ['runSync', 'run'] : ['run']
  progress('measuring')
  if (resolveOnnxruntimeNode() !== undefined) {
    const names = [...forms.map((form) => NAMES[form]), 'onnxruntime-node, await session.run()']
    const raced = await race(plan, forms, (round, rounds) => progress(`round ${round + 1} of ${rounds}`))
    return raced.map(({ times, ratios }, i) => toTimed(names[i]!, times, ratios?.p50.median))
  }
  await using target = await openBinding(plan)
  const timed: Timed[] = []
  for (const form of forms) {
    const calls = targetCalls(target, form)
    await measure(calls, plan.warmup)
    timed.push(toTimed(NAMES[form], (await measure(calls, plan.limit)).sort()))
  }
  return timed
}

const toTimed = (name: string, sorted: Float64Array, ratio?: number): Timed => ({
  name,
  p50: quantile(sorted, 0.5) * 1000,
  p99: quantile(sorted, 0.99) * 1000,
  ...(ratio !== undefined && { ratio }),
})

function toText({ engine, onnxruntime, model, texts, measured }: DemoReport): string {
  const width = Math.max(...measured.map(({ name }) => name.length))
  const us = (time: number) => `${time.toFixed(1).padStart(8)} µs`
  const { ratio } = measured[0]!
  return [
    ...texts.map(({ text, language }) => `${language}  ${text}`),
    '',
    `time per run; engine ${engine}, ONNX Runtime ${onnxruntime}, one thread:`,
    ...measured.map(({ name, p50, p99 }) => `  ${name.padEnd(width)}  p50${us(p50)}   p99${us(p99)}`),
    ratio === undefined
      ? '  onnxruntime-node is not installed: nothing to compare with'
      : `  ${measured[0]!.name} is ${ratio.toFixed(1)} times as fast at p50, with the same results`,
    '',
    `the model is ${model}`,
    'your own model: npx onnxruntime-iobinding bench MODEL --compare onnxruntime-node',
  ].join('\n')
}
