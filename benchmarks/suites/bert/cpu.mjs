// BERT on the CPU: each shape gets a share of the time, the journal records every round, and the report reads the journal.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findWheels } from '../../../test/plugins/wheels.mjs'
import { prepareCase } from '../../core/case.mjs'
import { Journal } from '../../core/journal.mjs'
import { buildFiles, hardware, load, versions } from '../../core/machine.mjs'
import { QuietGate } from '../../core/quiet.mjs'
import { openCase, race } from '../../core/race.mjs'
import { percentiles } from '../../core/statistics.mjs'
import { TargetPool } from '../../core/target-pool.mjs'
import { readyTargets, targets } from '../../targets/targets.mjs'
import { EAGER, figures, gateCounts, LEAST_ROUNDS } from './figures.mjs'
import { digest, identify, shapeTensors } from './model.mjs'

export const cpuTargets = targets(
  ...[
    EAGER,
    'torch-autocast',
    'torch-compile',
    'python-run',
    'python-binding',
    'ort-node',
    'run-sync',
    'run',
  ],
  ...['in-flight', 'int8-sync', 'openvino-sync', 'openvino-static-sync', 'openvino-static-bf16-sync'],
)

/** A large model gets no more than the fewest rounds; a small one soon reaches `most`. */
const PLANS = {
  full: { sampleMs: 500, most: 40 },
  quick: { sampleMs: 150, most: LEAST_ROUNDS, pauseMs: 50 },
}
/** What computes in less than fp32: its error is reported. What is off by more than a tenth of the outputs computes something else. */
const isReduced = ({ id }) => /int8|bf16|autocast/.test(id)
const tolerance = ({ sum, magnitude }, entry) =>
  isReduced(entry) ? 0.1 * magnitude : 1e-3 + 1e-3 * Math.abs(sum)

/** Each entry's largest difference to the first one's output. */
function largestErrors(entries) {
  const measured = entries.filter(({ notMeasured, output }) => notMeasured === undefined && output)
  const [first] = measured
  const error = ({ output }) => Math.max(...output.map((x, i) => Math.abs(x - first.output[i])))
  return Object.fromEntries(measured.map((entry) => [entry.id, error(entry)]))
}

/** Rounds of one process: the memory layout of a process affects all its rounds. */
const REOPEN_EVERY = 14

/**
 * @param {import('./model.mjs').Options & { model: import('./model.mjs').Model, threads: number, quick: boolean }} options
 * @returns {Promise<{ code: number, report: object }>} exit code 0: each of this package's targets was measured
 */
export async function measureCpu({
  model,
  shapes,
  targets: wanted,
  threads,
  minutes,
  quick,
  out,
  fresh,
  ...options
}) {
  const { sampleMs, most, pauseMs } = PLANS[quick ? 'quick' : 'full']
  const { python, targetCommand } = readyTargets(wanted, options)
  const gate = new QuietGate({ pauseMs })
  const setup = {
    model: await identify(model),
    build: await digest(buildFiles()),
    targets: wanted.map(({ id }) => id),
    hardware: hardware(),
    versions: versions(python),
    intraOpNumThreads: threads,
    gate: gate.settings,
    sampleMs,
  }
  const journal = new Journal(out, setup, { fresh })
  const findEntries = (type, id) => journal.entries.filter((entry) => entry.type === type && entry.id === id)
  const left = shapes.filter(({ id }) => findEntries('shape', id).length === 0)
  if (left.length < shapes.length)
    console.error(`${shapes.length - left.length} shapes are in ${out} already`)

  const wheels = findWheels()

  async function measureShape(shape, until, folder) {
    const { path, torch, int8 } = model
    const tensors = (/** @type {string} */ where) => shapeTensors(model, shape, where)
    const bench = await prepareCase({ id: shape.id, title: '', path, torch, tensors }, folder, {
      device: 'cpu',
      threads,
      ...(int8 && { int8 }),
      ...('openVino' in wheels && { openVino: wheels.openVino }),
    })
    const entries = wanted.map((target) => ({ ...target, calls: knownCalls(shape, target.id) }))
    const pool = new TargetPool(targetCommand)
    const before = load()
    try {
      await race(pool, entries, {
        done: findEntries('round', shape.id).length,
        least: LEAST_ROUNDS,
        most,
        until,
        reopenEvery: REOPEN_EVERY,
        open: () => openCase(pool, entries, bench, tolerance),
        sample: (entry) => sample(entry, gate, sampleMs),
        onRound: (samples, round) => {
          journal.record({ type: 'round', id: shape.id, samples })
          process.stderr.write(`\r${shape.id}: round ${round + 1} `)
        },
      })
    } finally {
      await pool.stop()
    }
    const reasons = entries.filter((entry) => entry.notMeasured).map((entry) => [entry.id, entry.notMeasured])
    const notMeasured = Object.fromEntries(reasons)
    const date = new Date().toISOString()
    journal.record({
      type: 'shape',
      id: shape.id,
      notMeasured,
      errors: largestErrors(entries),
      date,
      load: { before, after: load() },
    })
    process.stderr.write('\n')
  }

  /**
   * The number of calls that fill a sample, where it is known without a trial: from earlier rounds of the shape, or from a
   * smaller shape for which one call was enough.
   */
  function knownCalls(shape, target) {
    const smaller = shapes.filter(({ batch, sequence }) => batch <= shape.batch && sequence <= shape.sequence)
    return smaller
      .map(({ id }) => ({ id, calls: findEntries('round', id).at(-1)?.samples[target]?.calls }))
      .findLast(({ id, calls }) => calls === 1 || (calls !== undefined && id === shape.id))?.calls
  }

  const folder = mkdtempSync(join(tmpdir(), 'ort-bert-'))
  const end = performance.now() + minutes * 60_000
  try {
    for (const [i, shape] of left.entries()) {
      // The remaining time in equal shares: what one shape leaves, the next ones have.
      await measureShape(shape, performance.now() + (end - performance.now()) / (left.length - i), folder)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }

  const ends = shapes.map(({ id }) => findEntries('shape', id).at(-1))
  const measured = shapes.map((shape, i) => {
    const rounds = findEntries('round', shape.id).map(({ samples }) => samples)
    const found = figures(wanted, rounds, ends[i].notMeasured)
    return {
      ...shape,
      precision: model.precision,
      rounds: rounds.length,
      targets: found,
      errors: ends[i].errors,
    }
  })
  const report = {
    device: 'cpu',
    date: ends.at(-1).date,
    ...setup,
    load: { before: ends[0].load.before, after: ends.at(-1).load.after },
    counts: gateCounts(measured),
    shapes: measured,
  }
  const isOptional = ({ id }) => /int8|openvino/.test(id)
  const ours = measured
    .flatMap((shape) => shape.targets)
    .filter((target) => target.family === 'ours' && !isOptional(target))
  return { code: ours.some(({ notMeasured, failed }) => notMeasured ?? failed) ? 1 : 0, report }
}

/** A sample through the gate. */
async function sample(entry, gate, sampleMs) {
  entry.calls ??= await countCalls(entry.process, sampleMs)
  const { process, calls } = entry
  // When a sample begins, the caches hold the previous target's data; a long call warms itself.
  const warmup = calls === 1 ? 0 : Math.ceil(calls / 10)
  const { value, ...verdict } = await gate.sample([process.pid], () => process.measure(warmup, calls))
  const { p50, p99 } = percentiles(value)
  return { p50, p99, calls, ...verdict }
}

/** How many calls take that long, by a trial of a tenth of it. */
async function countCalls(process, sampleMs) {
  for (let calls = 1; ; calls *= 4) {
    const begin = performance.now()
    await process.measure(0, calls)
    const ms = performance.now() - begin
    if (ms >= sampleMs / 10) return Math.ceil((calls * sampleMs) / ms)
  }
}
