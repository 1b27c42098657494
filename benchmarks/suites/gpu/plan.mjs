// The measurements, the most informative first.
import { setTimeout as sleep } from 'node:timers/promises'
import { querySmi } from '../../../test/gpu/machine.mjs'
import { prepareCase } from '../../core/case.mjs'
import { percentiles } from '../../core/statistics.mjs'
import { targets } from '../../targets/targets.mjs'
import { builtIn, givenModel } from './models.mjs'
import { ANSWER_MS, gpuRace } from './race.mjs'

/**
 * @typedef {object} Setup
 * @property {import('../../core/target-pool.mjs').TargetPool} pool
 * @property {import('../../core/target-pool.mjs').Target[]} wanted
 * @property {string} folder for inputs
 * @property {number} sliceMs the item's share of the time
 * @property {(times: object, round: number) => void} onRound
 * @property {boolean} useTf32
 *
 * @typedef {{ id: string, weight: number, run: (setup: Setup) => Promise<object> }} Item `weight`: its share of the time
 * @typedef {import('./models.mjs').Model} Model
 * @typedef {import('../../core/target-process.mjs').TargetProcess} TargetProcess
 */

const IN_FLIGHT = [1, 2, 4, 8]
const KIB = 1024
const COPY_BYTES = [4 * KIB, 64 * KIB, 1024 * KIB, 64 * 1024 * KIB, 256 * 1024 * KIB]

/** @returns {Item[]} */
export function plan({ model, shape, torch }) {
  const [mlp, mlp256, ...others] = builtIn()
  const lead = model === undefined ? [] : [givenModel(model, shape, torch)]
  return [
    ...lead.map((one) => raceItem(one, 5)),
    raceItem(mlp, 3),
    inFlight(lead[0] ?? mlp256),
    ...others.slice(0, 2).map((one) => raceItem(one, 2)),
    copies(),
    pace(lead[0] ?? mlp),
    ...others.slice(2).map((one) => raceItem(one, 2)),
    raceItem(mlp256, 2),
  ]
}

const prepare = (/** @type {Model} */ model, /** @type {Setup} */ { folder, useTf32 }) =>
  prepareCase(model, folder, { device: 'cuda', useTf32 })

/** A race of the targets on a model. @param {Model} model @param {number} weight @returns {Item} */
export function raceItem(model, weight) {
  return {
    id: `race/${model.id}`,
    weight,
    run: async (setup) => {
      const bench = await prepare(model, setup)
      const excluded = ({ id, family }) =>
        family === 'ours' && id.startsWith('graph') ? model.noGraphs : undefined
      const found = await gpuRace(setup.pool, setup.wanted, bench, { ...setup, excluded })
      return { type: 'race', title: model.title, ...found }
    },
  }
}

/**
 * An item that asks some targets, one after another.
 * @param {string} type
 * @param {Model | undefined} model
 * @param {string[]} ids
 * @param {(share: number) => number} milliseconds of a question, from the time per target
 * @param {(ms: number, process: TargetProcess) => Promise<object>} ask
 * @returns {Item}
 */
function item(type, model, ids, milliseconds, ask) {
  return {
    id: model === undefined ? type : `${type}/${model.id}`,
    weight: 1,
    run: async (setup) => {
      const bench = model && (await prepare(model, setup))
      const wanted = targets(...ids).filter(({ id }) => setup.wanted.some((one) => one.id === id))
      const ms = milliseconds((0.7 * setup.sliceMs) / wanted.length)
      const found = []
      for (const { id, family } of wanted) {
        const use = (/** @type {TargetProcess} */ process) => ask(ms, process)
        const answer = await setup.pool
          .with(id, bench, use)
          .catch(({ message }) => ({ notMeasured: message }))
        found.push({ id, family, ...answer })
      }
      return { type, ...(model && { title: model.title }), targets: found }
    },
  }
}

/** Runs per second with 1, 2, 4 and 8 bindings of a session in flight. */
const inFlight = (model) =>
  item(
    'in-flight',
    model,
    ['async', 'graph-async'],
    (share) => Math.min(2000, share / IN_FLIGHT.length),
    async (ms, process) => {
      const perSecond = {}
      for (const bindings of IN_FLIGHT) {
        const answer = process.ask({ op: 'in-flight', bindings, ms }, ANSWER_MS + ms)
        await sleep(ms / 2)
        const percent = querySmi('utilization.gpu')?.[0][0]
        const { count, ms: took } = await answer
        const runs = (count * 1000) / took
        perSecond[bindings] = { runs, ...(percent !== undefined && { gpuPercent: Number(percent) }) }
      }
      return { perSecond }
    },
  )

/** Copies between pinned and GPU memory, each awaited. */
const copies = () =>
  item(
    'copies',
    undefined,
    ['sync-spin', 'torch-eager'],
    (share) => Math.min(1000, share / (COPY_BYTES.length * 2)),
    async (ms, process) => {
      const rows = []
      for (const bytes of COPY_BYTES) {
        for (const direction of ['in', 'out']) {
          const { times } = await process.ask({ op: 'copy', direction, bytes, ms }, ANSWER_MS + ms)
          const { p50, p99 } = percentiles(Float64Array.from(times, (ns) => ns / 1000))
          rows.push({ bytes, direction, p50, p99, gigabytesPerSecond: bytes / p50 / 1000 })
        }
      }
      return { rows }
    },
  )

/** A call each millisecond, for a minute at most. */
const pace = (model) =>
  item(
    'pace',
    model,
    ['sync-spin', 'async', 'graph', 'graph-async', 'python-binding'],
    (share) => Math.min(60_000, share),
    async (ms, process) => {
      // Less often where calls would queue up.
      const { p50 } = percentiles(await process.measure(20, 50, ANSWER_MS))
      const hz = Math.min(1000, Math.max(1, Math.floor(0.5e6 / p50)))
      const { times } = await process.ask({ op: 'pace', hz, ms }, ANSWER_MS + ms)
      const found = percentiles(Float64Array.from(times, (ns) => ns / 1000))
      return { hz, calls: times.length, ...found, p99OfP50: found.p99 / found.p50 }
    },
  )
