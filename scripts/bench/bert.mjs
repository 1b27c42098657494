// BERT beside torch, Python's ONNX Runtime and onnxruntime-node: `npm run bench:bert -- --help` shows the options.
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { root } from '../run.mjs'
import { cpuContenders } from './bert-contenders.mjs'
import { measureCpu } from './bert-cpu.mjs'
import { cudaContenders, measureCuda } from './bert-cuda.mjs'
import { allShapes, findModel, shapesOf, sizes } from './bert-model.mjs'
import { MARKERS, markdown } from './bert-report.mjs'
import { plot } from './bert-svg.mjs'
import { chosen, readOptions, save } from './command.mjs'
import { replaceBetween } from './replace.mjs'

const resultsOf = (device) => join(root, 'scripts', 'bench', 'results', `bert-${device}.json`)

const HELP = `npm run bench:bert -- [options]
  --device D        cpu, or cuda (cpu)
  --size S          ${Object.keys(sizes)} (base); tiny is the model of test/models
  --model FILE      the model as scripts/export/export_bert.py makes it; else that of build/bert, made there once
  --torch FILE      the same as a module of torch, saved by torch.save; loading it runs what it holds
  --half FILE       on cuda, the model in fp16; and
  --torch-half FILE the same as a module of torch
  --python PATH     a Python that has onnxruntime and numpy, and torch (python3); what it lacks is not measured
  --threads N       of each contender, on the CPU (all cores)
  --shapes A,B      BATCHxTOKENS such as 8x128 (batch 1, 8, 32 with 32, 128, 512 tokens)
  --only A,B        cpu: ${cpuContenders.map(({ id }) => id)}
                    cuda: ${cudaContenders.map(({ id }) => id)}
  --budget MINUTES  shared out by shape; each has three rounds in any case (90; on cuda 40)
  --quick           few rounds, always from the start: a look, not a measurement
  --rehearse        on cuda: the addon that is built for the fake driver; none of its figures is a GPU's
  --out FILE        JSON lines as they come; the same command goes on where it was cut (build/bert)
  --fresh           starts that file anew
  --json FILE       where the results go, and FILE.svg a plot of them; a run of everything, with no
                    option that makes it less, goes to scripts/bench/results
  --markdown FILE   a file whose text between ${MARKERS.join(' and ')} is replaced`

const options = readOptions(HELP, {
  device: { type: 'string', default: 'cpu' },
  size: { type: 'string', default: 'base' },
  model: { type: 'string' },
  torch: { type: 'string' },
  half: { type: 'string' },
  'torch-half': { type: 'string' },
  python: { type: 'string', default: 'python3' },
  threads: { type: 'string' },
  shapes: { type: 'string' },
  only: { type: 'string' },
  budget: { type: 'string' },
  quick: { type: 'boolean', default: false },
  rehearse: { type: 'boolean', default: false },
  out: { type: 'string' },
  fresh: { type: 'boolean', default: false },
  json: { type: 'string' },
  markdown: { type: 'string' },
})

function oneOf(option, choices) {
  if (choices.includes(options[option])) return options[option]
  throw new Error(`--${option}: expected ${choices.join(' or ')}, given '${options[option]}'\n${HELP}`)
}

function positive(option, otherwise, isRight = (value) => value > 0) {
  const value = Number(options[option] ?? otherwise)
  if (isRight(value)) return value
  throw new Error(`--${option}: expected a number above 0, given '${options[option]}'`)
}

const wantedOf = (contenders) => chosen(contenders, { option: 'only', value: options.only, help: HELP })

/** The model in the precisions that a GPU is measured in, and why one is not. */
function cudaModels(common) {
  const fp32 = fp32Model(common)
  // Where one is named, so is the other, or it is not measured. There is no tiny one in fp16.
  if (options.half || (!options.model && common.size !== 'tiny')) {
    const files = { model: options.half, torch: options['torch-half'] }
    return [fp32, findModel({ ...common, ...files, precision: 'fp16' })]
  }
  console.error('fp16 is not measured: no --half FILE was given')
  return [fp32]
}

const fp32Model = (common) => findModel({ ...common, model: options.model, torch: options.torch })

/** Where docs show both devices, the other's results come from an earlier run, of the same model. */
function withOther(report) {
  const other = { cpu: 'cuda', cuda: 'cpu' }[report.device]
  const earlier = existsSync(resultsOf(other))
    ? JSON.parse(readFileSync(resultsOf(other), 'utf8'))
    : undefined
  return { [report.device]: report, ...(earlier?.model.title === report.model.title && { [other]: earlier }) }
}

async function main() {
  const device = oneOf('device', ['cpu', 'cuda'])
  const size = oneOf('size', Object.keys(sizes))
  const { python, quick, rehearse, fresh } = options
  const shapes = options.shapes ? shapesOf(options.shapes.split(','), size) : allShapes(size)
  const contenders = wantedOf(device === 'cpu' ? cpuContenders : cudaContenders)
  const kind = `${quick ? '-quick' : ''}${rehearse ? '-rehearsal' : ''}`
  const out = resolve(options.out ?? join(root, 'build', 'bert', `bert-${size}-${device}${kind}.jsonl`))
  const common = { shapes, contenders, python, out, fresh: fresh || quick }
  const threads = positive('threads', availableParallelism(), (value) => Number.isInteger(value) && value > 0)
  const { code, report } =
    device === 'cpu'
      ? await measureCpu({
          ...common,
          model: fp32Model({ size, device, python }),
          threads,
          minutes: positive('budget', 90),
          quick,
        })
      : await measureCuda({
          ...common,
          findModels: () => cudaModels({ size, device, python }),
          minutes: positive('budget', quick ? 1 : 40),
          rehearse,
        })
  if (report === undefined) return code
  const text = markdown(withOther(report))
  console.log(text)
  const changed = ['only', 'shapes', 'model', 'torch', 'half', 'torch-half', 'threads', 'budget']
  const less = quick || rehearse || size !== 'base' || changed.some((option) => options[option])
  const json = options.json ?? (less ? undefined : resultsOf(device))
  if (json) save(json, report, plot)
  if (options.markdown) replaceBetween(options.markdown, MARKERS, text)
  console.error(
    `rounds: ${relative(process.cwd(), out)}${json ? `; results: ${relative(process.cwd(), json)}` : ''}`,
  )
  return code
}

process.exitCode = await main()
