// BERT on the CPU: each shape its share of the time, every round into the journal, and the report from there.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figuresOf, gateCounts, LEAST_ROUNDS } from './bert-figures.mjs'
import { hashOf, identify, portsOf } from './bert-model.mjs'
import { readyContenders } from './contenders.mjs'
import { gatedRace } from './gated-race.mjs'
import { Journal } from './journal.mjs'
import { buildFiles, hardware, load, versions } from './machine.mjs'
import { QuietGate } from './quiet.mjs'

/** A large model reaches the least alone; a small one has this many soon. */
const PLANS = {
  full: { sampleMs: 500, most: 40 },
  quick: { sampleMs: 300, most: LEAST_ROUNDS },
}

/**
 * @param {object} options
 * @param {import('./bert-model.mjs').Model} options.model
 * @param {import('./bert-model.mjs').Shape[]} options.shapes the smallest first
 * @param {import('./contenders.mjs').Contender[]} options.contenders
 * @param {string} options.python
 * @param {number} options.threads of each contender
 * @param {number} options.minutes
 * @param {boolean} options.quick
 * @param {string} options.out the journal
 * @param {boolean} options.fresh
 * @returns {Promise<{ code: number, report: object }>} exit code 0: of this package's contenders each was measured
 */
export async function measureCpu({ model, shapes, contenders, python, threads, minutes, quick, out, fresh }) {
  const { sampleMs, most } = PLANS[quick ? 'quick' : 'full']
  const { python: found, commandOf } = readyContenders(contenders, python)
  const gate = new QuietGate()
  const setup = {
    model: await identify(model),
    build: await hashOf(buildFiles()),
    contenders: contenders.map(({ id }) => id),
    hardware: hardware(),
    versions: versions(found),
    intraOpNumThreads: threads,
    gate: gate.settings,
    sampleMs,
  }
  const journal = new Journal(out, setup, { fresh })
  const roundsOf = ({ id }) => journal.entries.filter((entry) => entry.type === 'round' && entry.id === id)
  const folder = mkdtempSync(join(tmpdir(), 'ort-bert-'))
  const end = performance.now() + minutes * 60_000
  const left = shapes.filter(
    ({ id }) => !journal.entries.some((entry) => entry.type === 'shape' && entry.id === id),
  )
  if (left.length < shapes.length)
    console.error(`${shapes.length - left.length} shapes are in ${out} already`)
  try {
    for (const [i, shape] of left.entries()) {
      // What is left of the time, shared out evenly; what took less leaves more to the others.
      const until = performance.now() + (end - performance.now()) / (left.length - i)
      const bench = {
        path: model.path,
        torch: model.torch,
        threads,
        ...(await portsOf(model, shape, folder)),
      }
      let done = roundsOf(shape).length
      const before = load()
      const notMeasured = await gatedRace(contenders, (id) => commandOf(id, bench), {
        gate,
        sampleMs,
        calls: knownCalls(shape, shapes, roundsOf),
        done,
        least: LEAST_ROUNDS,
        most,
        until,
        onRound: (samples) => {
          journal.record({ type: 'round', id: shape.id, samples })
          process.stderr.write(`\r${shape.id}: round ${++done} `)
        },
      })
      const date = new Date().toISOString()
      journal.record({ type: 'shape', id: shape.id, notMeasured, date, load: { before, after: load() } })
      process.stderr.write('\n')
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const ends = shapes.map(({ id }) =>
    journal.entries.findLast((entry) => entry.type === 'shape' && entry.id === id),
  )
  const measured = shapes.map((shape, i) => {
    const rounds = roundsOf(shape).map(({ samples }) => samples)
    const figures = figuresOf(contenders, rounds, ends[i].notMeasured)
    return { ...shape, precision: model.precision, rounds: rounds.length, contenders: figures }
  })
  const report = {
    device: 'cpu',
    date: ends.at(-1).date,
    ...setup,
    load: { before: ends[0].load.before, after: ends.at(-1).load.after },
    counts: gateCounts(measured),
    shapes: measured,
  }
  const ours = measured.flatMap(({ contenders: all }) => all).filter(({ family }) => family === 'ours')
  return { code: ours.some(({ notMeasured, failed }) => notMeasured ?? failed) ? 1 : 0, report }
}

/**
 * How many calls fill a contender's sample, where that is known without trying, which takes a call: from this shape's
 * earlier rounds, or from a shape that is smaller both ways, where one call was enough.
 */
function knownCalls(shape, shapes, roundsOf) {
  const smaller = shapes.filter(({ batch, sequence }) => batch <= shape.batch && sequence <= shape.sequence)
  const known = {}
  for (const { id } of smaller) {
    for (const [contender, { calls }] of Object.entries(roundsOf({ id }).at(-1)?.samples ?? {})) {
      if (calls === 1 || id === shape.id) known[contender] = calls
    }
  }
  return known
}
