// BERT on a GPU: the races of scripts/gpu on each precision and shape, and the report from their file of results.
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { contenders } from '../gpu/contenders.mjs'
import { setup } from '../gpu/report.mjs'
import { parseLines } from '../gpu/results.mjs'
import { openResults } from '../gpu/suite.mjs'
import { root } from '../run.mjs'
import { figuresOf } from './bert-figures.mjs'
import { identify, portsOf } from './bert-model.mjs'

/** Those of scripts/gpu that say what BERT is asked for; the rest are about small models. */
const IDS = [
  'torch-eager',
  'torch-compile',
  'torch-graph',
  'python-run',
  'python-binding',
  'python-graph',
  'ort-node',
  'sync-spin',
  'async',
  'graph',
  'graph-async',
]

/** @type {import('./contenders.mjs').Contender[]} */
export const cudaContenders = IDS.map((wanted) => contenders.find(({ id }) => id === wanted)).map(
  (contender) => ({
    ...contender,
    family: contender.id.startsWith('torch') ? 'torch' : contender.family,
  }),
)

/**
 * @param {object} options
 * @param {() => import('./bert-model.mjs').Model[]} options.findModels one for each precision; asked where there is a GPU
 * @param {import('./bert-model.mjs').Shape[]} options.shapes
 * @param {import('./contenders.mjs').Contender[]} options.contenders
 * @param {string} options.python
 * @param {number} options.minutes
 * @param {boolean} options.rehearse
 * @param {string} options.out the file of results
 * @param {boolean} options.fresh
 * @returns {Promise<{ code: number, report?: object }>} `report`: of what was measured, if anything was
 */
export async function measureCuda({
  findModels,
  shapes,
  contenders: wanted,
  python,
  minutes,
  rehearse,
  out,
  fresh,
}) {
  // For gpu.mjs, which is imported after this, and for the processes that are started.
  if (rehearse) process.env.GPU_SUITE_REHEARSAL = '1'
  // Where torch finds the class of a module that export_bert.py saved.
  const folders = [join(root, 'scripts', 'export'), process.env.PYTHONPATH]
  process.env.PYTHONPATH = folders.filter(Boolean).join(delimiter)
  const results = openResults('bert', { out, fresh })
  if (results === undefined) return { code: 1 }
  const models = findModels()
  const identity = Object.fromEntries(
    await Promise.all(models.map(async (model) => [model.precision, await identify(model)])),
  )
  const earlier = results.entries.find(({ type }) => type === 'models')
  if (earlier === undefined) results.record({ type: 'models', identity })
  else if (JSON.stringify(earlier.identity) !== JSON.stringify(identity)) {
    throw new Error(`${out} is of other models: name another by --out, or start with --fresh`)
  }
  const { raceOf } = await import('../gpu/plan.mjs')
  const { measureItems } = await import('../gpu/measure.mjs')
  const cases = models.flatMap((model) =>
    shapes.map((shape) => ({ model, shape, ...itemOf(model, shape, raceOf) })),
  )
  const items = cases.map(({ item }) => item)
  const budget = minutes * 60
  const code = await measureItems(items, { results, wanted, python, budget, rehearse, useTf32: false })
  return { code, report: reportOf(cases, wanted, results, identity) }
}

function itemOf(model, shape, raceOf) {
  const { size, precision, path, torch } = model
  const id = `bert-${size}-${precision}-${shape.id}`
  const title = `BERT (${size}), ${precision}, ${shape.id}`
  return { item: raceOf({ id, title, path, torch, ports: (folder) => portsOf(model, shape, folder) }, 1) }
}

function reportOf(cases, wanted, results, identity) {
  const [machine] = parseLines(readFileSync(results.file, 'utf8'))
  const python = results.entries.findLast(({ type }) => type === 'python').versions
  const shapes = cases.flatMap(({ model, shape, item }) => {
    const race = results.entries.findLast(({ type, id }) => type === 'race' && id === item.id)
    if (race === undefined) return []
    const rounds = roundsOf(results, item)
    const reasons = Object.fromEntries(race.contenders.map(({ id, notMeasured }) => [id, notMeasured]))
    return [
      {
        ...shape,
        precision: model.precision,
        rounds: rounds.length,
        contenders: figuresOf(wanted, rounds, reasons),
      },
    ]
  })
  if (shapes.length === 0) return undefined
  const versions = {
    package: machine.package,
    node: machine.node,
    onnxruntime: machine.onnxruntime,
    ...(python.onnxruntime && { 'onnxruntime (Python)': python.onnxruntime }),
    ...(python.torch && { torch: python.torch }),
  }
  const { date, rehearsal, gpus, hardware } = machine
  const { title, file } = Object.values(identity)[0]
  return {
    device: 'cuda',
    rehearsal,
    date,
    machine: setup(machine),
    hardware: { ...hardware, gpus },
    versions,
    model: { title, file, precisions: identity },
    shapes,
  }
}

/** The rounds of an item's last race: one that was cut short began anew. */
function roundsOf(results, { id }) {
  const rounds = results.entries.filter((entry) => entry.type === 'round' && entry.id === id)
  return rounds.slice(rounds.findLastIndex(({ round }) => round === 0)).map(({ times }) => times)
}
