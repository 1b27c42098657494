// How long the event loop is held while runs of about 200 ms are in flight, each contender in a process of its own.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { pseudoRandom, slowLoop } from '../../test/helpers/model-builder.mjs'
import { root } from '../run.mjs'
import { hardware, load, versions } from './machine.mjs'
import { THREADS } from './models.mjs'
import { markdownTable, setup } from './report.mjs'

const RUN_MS = 200
const CONTENDERS = [
  { id: 'idle', label: 'nothing in flight' },
  { id: 'binding', label: 'await binding.run()' },
  { id: 'session', label: 'await session.run()' },
  { id: 'ort-node', label: 'onnxruntime-node run' },
]

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    json: { type: 'string', default: join(root, 'scripts', 'bench', 'results', 'event-loop.json') },
  },
})

/** How many trips of the loop take as long as wanted. */
async function calibrate(path) {
  const session = await InferenceSession.create(path, { intraOpNumThreads: THREADS })
  const x = new Tensor('float32', pseudoRandom(96 * 96), [96, 96])
  const time = async (trips) => {
    const begin = performance.now()
    await session.run({ trips: new Tensor('int64', [BigInt(trips)], []), x })
    return performance.now() - begin
  }
  const thousand = Math.min(await time(1000), await time(1000), await time(1000))
  await session.release()
  return Math.max(1, Math.round((RUN_MS / thousand) * 1000))
}

function measure(id, path, trips) {
  const file = join(root, 'scripts', 'bench', 'event-loop-contender.mjs')
  const settings = JSON.stringify({ id, path, trips, threads: THREADS, seconds: Number(options.seconds) })
  return JSON.parse(execFileSync(process.execPath, [file, settings], { encoding: 'utf8' }))
}

const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const path = join(folder, 'slow-loop.onnx')
const before = load()
try {
  writeFileSync(path, slowLoop())
  const trips = await calibrate(path)
  const contenders = CONTENDERS.map((contender) => ({ ...contender, ...measure(contender.id, path, trips) }))
  const report = {
    date: new Date().toISOString(),
    hardware: hardware(),
    versions: versions(),
    intraOpNumThreads: THREADS,
    load: { before, after: load() },
    seconds: Number(options.seconds),
    contenders,
  }
  const rows = contenders.map(({ label, runMs, delayMs }) => [
    label,
    ...[runMs, delayMs.p50, delayMs.p99, delayMs.max].map((ms) => (ms === null ? '' : ms.toFixed(1))),
  ])
  console.log(`Event-loop delay while runs of a slow model are in flight.\n${setup(report)}\n`)
  console.log(markdownTable([['', 'a run, ms', 'delay p50, ms', 'delay p99, ms', 'delay max, ms'], ...rows]))
  mkdirSync(join(options.json, '..'), { recursive: true })
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
