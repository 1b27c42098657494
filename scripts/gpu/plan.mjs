// What is measured, the most telling first, and how.
import { percentiles } from '../bench/statistics.mjs'
import { builtIn, given, prepareCase } from './bench-cases.mjs'
import { querySmi } from './machine.mjs'
import { race } from './race.mjs'

/**
 * @typedef {object} Setup
 * @property {string} folder for inputs
 * @property {number} sliceMs what there is of time
 * @property {(round: number, times: object) => void} onRound
 * @property {boolean} useTf32
 * @property {(id: string) => boolean} has whether a contender is wanted
 * @property {(id: string) => string | undefined} why one cannot be measured here
 *
 * @typedef {{ id: string, weight: number, run: (pool: import('./contender-pool.mjs').ContenderPool, setup: Setup) => Promise<object> }} Item
 *   `weight`: its share of the time
 */

const IN_FLIGHT = [1, 2, 4, 8]
const KIB = 1024
const COPY_BYTES = [4 * KIB, 64 * KIB, 1024 * KIB, 16 * 1024 * KIB, 256 * 1024 * KIB]

/** @returns {Item[]} */
export function plan({ model, shape, torch }) {
  const models = builtIn()
  const [mlp, mlp256, ...others] = models
  const lead = model === undefined ? [] : [given(model, shape, torch)]
  const heavy = lead[0] ?? mlp256
  return [
    ...lead.map((one) => raceOf(one, 5)),
    raceOf(mlp, 3),
    inFlight(heavy),
    ...others.slice(0, 2).map((one) => raceOf(one, 2)),
    copies(),
    pace(lead[0] ?? mlp),
    ...others.slice(2).map((one) => raceOf(one, 2)),
    raceOf(mlp256, 2),
  ]
}

/**
 * A race of the contenders on a model.
 * @param {import('./bench-cases.mjs').Model} model
 * @param {number} weight
 * @returns {Item}
 */
export function raceOf(model, weight) {
  return {
    id: `race/${model.id}`,
    weight,
    run: async (pool, setup) => ({
      type: 'race',
      title: model.title,
      ...(await race(pool, await prepareCase(model, setup.folder, setup), {
        ...setup,
        except: ({ id, family }) =>
          family === 'ours' && id.startsWith('graph') ? model.noGraphs : undefined,
      })),
    }),
  }
}

/** What each of some contenders answers; one that cannot, why. */
async function ofEach(ids, { has, why }, ask) {
  const answers = []
  for (const id of ids.filter(has)) {
    const family = id.startsWith('torch') || id.startsWith('python') ? 'theirs' : 'ours'
    const notMeasured = why(id)
    const answer = notMeasured
      ? { notMeasured }
      : await ask(id).catch((error) => ({ notMeasured: error.message }))
    answers.push({ id, family, ...answer })
  }
  return answers
}

const utilisation = () => {
  const found = querySmi('utilization.gpu')
  return found === undefined ? undefined : Number(found[0][0])
}

/** Runs a second with 1, 2, 4 and 8 bindings of a session in flight. */
function inFlight(model) {
  return {
    id: `in-flight/${model.id}`,
    weight: 1,
    run: async (pool, setup) => {
      const bench = await prepareCase(model, setup.folder, setup)
      const ids = ['async', 'graph-async']
      const ms = Math.min(2000, (0.7 * setup.sliceMs) / (ids.length * IN_FLIGHT.length))
      const contenders = await ofEach(ids, setup, (id) =>
        pool.with(id, bench, async (ask) => {
          const perSecond = {}
          for (const bindings of IN_FLIGHT) {
            const answer = ask({ op: 'in-flight', bindings, ms }, 60_000 + ms)
            await new Promise((resolve) => setTimeout(resolve, ms / 2))
            const percent = utilisation()
            const { count, ms: took } = await answer
            perSecond[bindings] = {
              runs: (count * 1000) / took,
              ...(percent !== undefined && { gpuPercent: percent }),
            }
          }
          return { perSecond }
        }),
      )
      return { type: 'in-flight', title: model.title, contenders }
    },
  }
}

/** Copies between pinned memory and the GPU's, each waited for. */
function copies() {
  return {
    id: 'copies',
    weight: 1,
    run: async (pool, setup) => {
      const ids = ['sync-spin', 'torch-eager']
      const ms = Math.min(1000, (0.7 * setup.sliceMs) / (ids.length * COPY_BYTES.length * 2))
      const contenders = await ofEach(ids, setup, (id) =>
        pool.with(id, undefined, async (ask) => {
          const rows = []
          for (const bytes of COPY_BYTES) {
            for (const direction of ['in', 'out']) {
              const { times } = await ask({ op: 'copy', direction, bytes, ms }, 60_000 + ms)
              const { p50, p99 } = percentiles(Float64Array.from(times))
              rows.push({ bytes, direction, p50, p99, gigabytesPerSecond: bytes / p50 / 1000 })
            }
          }
          return { rows }
        }),
      )
      return { type: 'copies', contenders }
    },
  }
}

/** A call each millisecond for as long as there is time, and at most a minute. */
function pace(model) {
  return {
    id: `pace/${model.id}`,
    weight: 1,
    run: async (pool, setup) => {
      const bench = await prepareCase(model, setup.folder, setup)
      const ids = ['sync-spin', 'async', 'graph', 'graph-async', 'python-binding']
      const ms = Math.min(60_000, (0.7 * setup.sliceMs) / ids.filter(setup.has).length)
      const contenders = await ofEach(ids, setup, (id) =>
        pool.with(id, bench, async (ask) => {
          const { times: probe } = await ask({ op: 'measure', warmup: 20, calls: 50 })
          // Not so often that the calls would queue up.
          const hz = Math.min(
            1000,
            Math.max(1, Math.floor(0.5e6 / percentiles(Float64Array.from(probe)).p50)),
          )
          const { times } = await ask({ op: 'pace', hz, ms }, 60_000 + ms)
          const found = percentiles(Float64Array.from(times))
          return { hz, calls: times.length, ...found, p99OfP50: found.p99 / found.p50 }
        }),
      )
      return { type: 'pace', title: model.title, contenders }
    },
  }
}
