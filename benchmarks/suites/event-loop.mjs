// How long the event loop is blocked while runs of about 200 ms are in flight.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { root } from '../../scripts/run.mjs'
import { slowLoop } from '../../test/helpers/model-builder.mjs'
import { pseudoRandom } from '../../test/helpers/random.mjs'
import { prepareCase, THREADS } from '../core/case.mjs'
import { finishReport, startReport } from '../core/machine.mjs'
import { positive, readOptions } from '../core/options.mjs'
import { markdownTable, save, setup } from '../core/report.mjs'
import { TargetPool } from '../core/target-pool.mjs'
import { readyTargets, targets } from '../targets/targets.mjs'

const RUN_MS = 200
const DIMS = [96, 96]
const X = pseudoRandom(96 * 96)
const HELP = `npm run bench:event-loop -- [options]
  --seconds N  for each target (5)
  --json FILE  the results (benchmarks/results/event-loop.json)`

/** How many trips of the loop take about RUN_MS. */
async function calibrate(path) {
  const session = await InferenceSession.create(path, { intraOpNumThreads: THREADS })
  const x = new Tensor('float32', X, DIMS)
  const time = async (trips) => {
    const begin = performance.now()
    await session.run({ trips: new Tensor('int64', [BigInt(trips)], []), x })
    return performance.now() - begin
  }
  const thousand = Math.min(await time(1000), await time(1000), await time(1000))
  await session.release()
  return Math.max(1, Math.round((RUN_MS / thousand) * 1000))
}

async function prepare(folder) {
  const path = join(folder, 'slow-loop.onnx')
  writeFileSync(path, slowLoop())
  const trips = { dims: [], data: BigInt64Array.of(BigInt(await calibrate(path))) }
  const sample = () => [trips, { dims: DIMS, data: X }]
  return prepareCase({ id: 'slow-loop', title: '', path, sample }, folder, {
    device: 'cpu',
    threads: THREADS,
  })
}

const options = readOptions(HELP, { json: join(root, 'benchmarks', 'results', 'event-loop.json') })
const seconds = positive('seconds', options.seconds ?? 5)
const wanted = [{ id: 'idle', label: 'nothing in flight' }, ...targets('run', 'session-run', 'ort-node')]
const pool = new TargetPool(readyTargets(wanted, { python: 'python3' }).targetCommand)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const report = { ...startReport(THREADS), seconds, targets: [] }
try {
  const bench = await prepare(folder)
  for (const { id, label } of wanted) {
    const ask = (process) => process.ask({ op: 'delays', seconds })
    report.targets.push({ id, label, ...(await pool.with(id, id === 'idle' ? undefined : bench, ask)) })
  }
} finally {
  await pool.stop()
  rmSync(folder, { recursive: true })
}
const rows = report.targets.map(({ label, runMs, delayMs }) => [
  label,
  ...[runMs, delayMs.p50, delayMs.p99, delayMs.max].map((ms) => (ms === null ? '' : ms.toFixed(1))),
])
console.log(`Event-loop delay while runs of a slow model are in flight.\n${setup(finishReport(report))}\n`)
console.log(markdownTable([['', 'a run, ms', 'delay p50, ms', 'delay p99, ms', 'delay max, ms'], ...rows]))
await save(options.json, report)
