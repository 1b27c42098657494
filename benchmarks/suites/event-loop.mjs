// How long the event loop is blocked while runs of about 200 ms are in flight. Each target has a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { root } from '../../scripts/run.mjs'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { pseudoRandom } from '../../test/helpers/random.mjs'
import { THREADS } from '../core/case.mjs'
import { finishReport, startReport } from '../core/machine.mjs'
import { positive, readOptions } from '../core/options.mjs'
import { markdownTable, save, setup } from '../core/report.mjs'
import { TargetProcess } from '../core/target-process.mjs'

const RUN_MS = 200
const TARGET = join(root, 'benchmarks', 'targets', 'event-loop.mjs')
const TARGETS = [
  { id: 'idle', label: 'nothing in flight' },
  { id: 'binding', label: 'await binding.run()' },
  { id: 'session', label: 'await session.run()' },
  { id: 'ort-node', label: 'onnxruntime-node run' },
]

const HELP = `npm run bench:event-loop -- [options]
  --seconds N  for each target (5)
  --json FILE  the results (benchmarks/results/event-loop.json)`

/** How many trips of the loop take about RUN_MS. */
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

async function measure(id, bench, seconds) {
  const target = new TargetProcess([process.execPath, TARGET, id])
  try {
    return await target.ask({ op: 'run', bench, seconds })
  } finally {
    await target.stop()
  }
}

const options = readOptions(HELP, { json: join(root, 'benchmarks', 'results', 'event-loop.json') })
const seconds = positive('seconds', options.seconds ?? 5)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const path = join(folder, 'slow-loop.onnx')
const report = startReport(THREADS)
try {
  writeFileSync(path, slowLoop())
  const bench = { path, trips: await calibrate(path), threads: THREADS }
  const targets = []
  for (const target of TARGETS) targets.push({ ...target, ...(await measure(target.id, bench, seconds)) })
  Object.assign(finishReport(report), { seconds, targets })
  const rows = targets.map(({ label, runMs, delayMs }) => [
    label,
    ...[runMs, delayMs.p50, delayMs.p99, delayMs.max].map((ms) => (ms === null ? '' : ms.toFixed(1))),
  ])
  console.log(`Event-loop delay while runs of a slow model are in flight.\n${setup(report)}\n`)
  console.log(markdownTable([['', 'a run, ms', 'delay p50, ms', 'delay p99, ms', 'delay max, ms'], ...rows]))
  await save(options.json, report)
} finally {
  rmSync(folder, { recursive: true })
}
