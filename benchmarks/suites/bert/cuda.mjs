// BERT on a GPU: the GPU suite's race for each precision and shape, and the report from its journal.
import { readFileSync } from 'node:fs'
import { openJournal } from '../../../test/gpu/suite.mjs'
import { parseLines } from '../../core/journal.mjs'
import { targets } from '../../targets/targets.mjs'
import { measureItems } from '../gpu/measure.mjs'
import { raceItem } from '../gpu/plan.mjs'
import { setup } from '../gpu/report.mjs'
import { EAGER, figures } from './figures.mjs'
import { identify, shapeTensors } from './model.mjs'

/** The targets that can measure BERT; the others are for small models. */
export const cudaTargets = targets(
  ...[EAGER, 'torch-compile', 'torch-graph', 'python-run', 'python-binding', 'python-graph'],
  ...['ort-node', 'sync-spin', 'async', 'graph', 'graph-async'],
)

/**
 * @param {import('./model.mjs').Options & { findModels: () => import('./model.mjs').Model[], rehearse: boolean }} options
 *   `findModels`: one per precision; called where there is a GPU
 * @returns {Promise<{ code: number, report?: object }>} `report`: of what was measured, if anything
 */
export async function measureCuda({
  findModels,
  shapes,
  targets: wanted,
  python,
  minutes,
  rehearse,
  out,
  fresh,
}) {
  if (rehearse) process.env.GPU_SUITE_REHEARSAL = '1'
  const journal = openJournal('bert', { out, fresh })
  if (journal === undefined) return { code: 1 }
  const models = findModels()
  const identity = {}
  for (const model of models) identity[model.precision] = await identify(model)
  const earlier = journal.entries.find(({ type }) => type === 'models')
  if (earlier === undefined) journal.record({ type: 'models', identity })
  else if (JSON.stringify(earlier.identity) !== JSON.stringify(identity)) {
    throw new Error(`${out} is of other models: name another file by --out, or start it anew with --fresh`)
  }
  const cases = models.flatMap((model) =>
    shapes.map((shape) => ({ model, shape, item: shapeItem(model, shape) })),
  )
  const items = cases.map(({ item }) => item)
  const budget = minutes * 60
  const code = await measureItems(items, { journal, wanted, python, budget, rehearse, useTf32: false })
  return { code, report: makeReport(cases, wanted, journal, identity) }
}

function shapeItem(model, shape) {
  const { size, precision, path, torch } = model
  const id = `bert-${size}-${precision}-${shape.id}`
  const title = `BERT (${size}), ${precision}, ${shape.id}`
  return raceItem({ id, title, path, torch, tensors: (folder) => shapeTensors(model, shape, folder) }, 1)
}

function makeReport(cases, wanted, journal, identity) {
  const shapes = cases.flatMap(({ model: { precision }, shape, item: { id } }) => {
    const race = journal.entries.findLast((entry) => entry.type === 'race' && entry.id === id)
    if (race === undefined) return []
    const all = journal.entries.filter((entry) => entry.type === 'round' && entry.id === id)
    // The last race's: one that was cut short began anew.
    const rounds = all.slice(all.findLastIndex(({ round }) => round === 0)).map(({ times }) => times)
    const reasons = Object.fromEntries(race.targets.map((target) => [target.id, target.notMeasured]))
    return [{ ...shape, precision, rounds: rounds.length, targets: figures(wanted, rounds, reasons) }]
  })
  if (shapes.length === 0) return undefined
  const [machine] = parseLines(readFileSync(journal.file, 'utf8'))
  const python = journal.entries.findLast(({ type }) => type === 'python').versions
  const { date, rehearsal, gpus, hardware } = machine
  const { title, file } = Object.values(identity)[0]
  return {
    device: 'cuda',
    rehearsal,
    date,
    machine: setup(machine),
    hardware: { ...hardware, gpus },
    versions: {
      package: machine.package,
      node: machine.node,
      onnxruntime: machine.onnxruntime,
      ...(python.onnxruntime && { 'onnxruntime (Python)': python.onnxruntime }),
      ...(python.torch && { torch: python.torch }),
    },
    model: { title, file, precisions: identity },
    shapes,
  }
}
