// BERT beside torch, Python's ONNX Runtime and onnxruntime-node. `npm run bench:bert -- --help` lists the options.
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { choose, positive, positiveInteger, readOptions } from '../../core/options.mjs'
import { replaceBetween, save } from '../../core/report.mjs'
import { cpuTargets, measureCpu } from './cpu.mjs'
import { cudaTargets, measureCuda } from './cuda.mjs'
import { allShapes, findInt8, findModel, parseShapes, sizes } from './model.mjs'
import { MARKERS, markdown, plot } from './report.mjs'

const resultsFile = (device) => join(root, 'benchmarks', 'results', `bert-${device}.json`)

const HELP = `npm run bench:bert -- [options]
  --device D         cpu or cuda (cpu)
  --size S           ${Object.keys(sizes)} (base); tiny is the model in test/models
  --model FILE       a model of scripts/export/export_bert.py (the one in build/bert, exported once)
  --torch FILE       the same as a torch module of torch.save; loading it runs its code
  --int8 FILE        on the CPU, the model with int8 weights
  --half FILE        on cuda, the model in fp16
  --torch-half FILE  and its torch module
  --python PATH      a Python with onnxruntime and numpy, and torch (python3); what it lacks is not measured
  --threads N        per target, on the CPU (all cores)
  --shapes A,B       BATCHxTOKENS such as 8x128 (batch 1, 8, 32 with 32, 128, 512 tokens)
  --only A,B         cpu: ${cpuTargets.map(({ id }) => id)}
                     cuda: ${cudaTargets.map(({ id }) => id)}
  --budget MINUTES   shared by the shapes; each has at least three rounds (90; on cuda 40)
  --quick            few rounds, always from the start: a smoke test, not a measurement
  --rehearse         on cuda: with the addon of the fake driver; no figure is a GPU's
  --out FILE         JSON lines, appended one by one; the same command continues a run (build/bert)
  --fresh            overwrites that file
  --json FILE        the results, and FILE.svg a plot of them; benchmarks/results for a full run
  --markdown FILE    a file whose text between ${MARKERS.join(' and ')} is replaced`

const options = readOptions(HELP, { device: 'cpu', size: 'base', python: 'python3' })

function chooseOne(option, choices) {
  if (choices.includes(options[option])) return options[option]
  throw new Error(`--${option}: expected ${choices.join(' or ')}, got '${options[option]}'`)
}

const fp32Model = (common) => findModel({ ...common, model: options.model, torch: options.torch })

/** The model, and its form with int8 weights where that is measured. */
function cpuModel(common) {
  const model = fp32Model(common)
  const int8 = options.only?.split(',').includes('int8-sync') !== false
  return { ...model, ...(int8 && { int8: findInt8(model, options.int8, common.python) }) }
}

/** The model in each precision that a GPU is measured in. */
function cudaModels(common) {
  const fp32 = fp32Model(common)
  // With one model given, the other must be given too. There is no tiny model in fp16.
  if (options.half || (!options.model && common.size !== 'tiny')) {
    const files = { model: options.half, torch: options['torch-half'] }
    return [fp32, findModel({ ...common, ...files, precision: 'fp16' })]
  }
  console.error('fp16 is not measured: no --half FILE was given')
  return [fp32]
}

/** The other device's earlier report of the same model: the docs show both. */
function otherReport({ device, model }) {
  const file = resultsFile({ cpu: 'cuda', cuda: 'cpu' }[device])
  const other = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  return other?.model.title === model.title ? other : undefined
}

async function main() {
  const device = chooseOne('device', ['cpu', 'cuda'])
  const size = chooseOne('size', Object.keys(sizes))
  const { python, quick, rehearse } = options
  const kind = `${quick ? '-quick' : ''}${rehearse ? '-rehearsal' : ''}`
  const out = resolve(options.out ?? join(root, 'build', 'bert', `bert-${size}-${device}${kind}.jsonl`))
  const common = {
    shapes: options.shapes ? parseShapes(options.shapes.split(','), size) : allShapes(size),
    targets: choose(device === 'cpu' ? cpuTargets : cudaTargets, 'only', options.only),
    python,
    out,
    fresh: options.fresh || quick,
    minutes: positive('budget', options.budget ?? (device === 'cpu' ? 90 : quick ? 1 : 40)),
  }
  const threads = positiveInteger('threads', options.threads ?? availableParallelism())
  const { code, report } =
    device === 'cpu'
      ? await measureCpu({ ...common, model: cpuModel({ size, device, python }), threads, quick })
      : await measureCuda({ ...common, findModels: () => cudaModels({ size, device, python }), rehearse })
  if (report === undefined) return code
  const text = markdown(report, otherReport(report))
  console.log(text)
  const changed = ['only', 'shapes', 'model', 'torch', 'int8', 'half', 'torch-half', 'threads', 'budget']
  const isPart = quick || rehearse || size !== 'base' || changed.some((option) => options[option])
  const json = options.json ?? (isPart ? undefined : resultsFile(device))
  if (json) await save(json, report, plot)
  if (options.markdown) replaceBetween(options.markdown, MARKERS, text)
  const short = (file) => relative(process.cwd(), file)
  console.error(`rounds: ${short(out)}${json ? `; results: ${short(json)}` : ''}`)
  return code
}

process.exitCode = await main()
