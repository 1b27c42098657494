// The server beside others, and the batcher beside single runs. `npm run bench:server -- --help` lists the options.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { THREADS } from '../../core/case.mjs'
import { finishReport, startReport } from '../../core/machine.mjs'
import { choose, positive, positiveInteger, readOptions } from '../../core/options.mjs'
import { QuietGate } from '../../core/quiet.mjs'
import { replaceBetween, save } from '../../core/report.mjs'
import { COMPARED_AT } from '../throughput/models.mjs'
import { compareBatches, measureLatencies } from './batches.mjs'
import { listedModels } from './models.mjs'
import { eventLoopDelay, measureServers } from './race.mjs'
import { MARKERS, markdown, plot } from './report.mjs'
import { probePython, servers } from './servers.mjs'

const RESULTS = join(root, 'benchmarks', 'results', 'server.json')
const QUICK = { seconds: 0.2, rounds: 1 }
const FULL = { seconds: 1.5, rounds: 5 }
const LOADS = [50, COMPARED_AT, 90]

const HELP = `npm run bench:server -- [options]
  --python PATH    a Python with benchmarks/suites/server/requirements.txt (python3)
  --only A,B       ${servers.map(({ id }) => id)}
  --seconds N      of a sample (${FULL.seconds}; with --quick ${QUICK.seconds})
  --rounds N       (${FULL.rounds}; with --quick ${QUICK.rounds})
  --json FILE      the results, and FILE.svg a plot of them; benchmarks/results for a full run
  --markdown FILE  a file whose text between ${MARKERS.join(' and ')} is replaced
  --quick          short samples: a smoke test, not a measurement`

const options = readOptions(HELP, { python: 'python3' })
const defaults = options.quick ? QUICK : FULL
const seconds = positive('seconds', options.seconds ?? defaults.seconds)
const rounds = positiveInteger('rounds', options.rounds ?? defaults.rounds)
const wanted = choose(servers, 'only', options.only)
const needsPython = wanted.some(({ python }) => python)
const { missing, versions: python } = needsPython ? probePython(options.python) : {}
const isPart = ['quick', 'only', 'seconds', 'rounds'].some((name) => options[name])
const json = options.json ?? (isPart || missing ? undefined : RESULTS)
const onStep = (what) => process.stderr.write(`\r\x1b[K${what} `)
const gate = new QuietGate({ retries: 0 })

const folder = mkdtempSync(join(tmpdir(), 'bench-server-'))
const settings = { folder, python: options.python, missing, seconds, rounds, gate, onStep }
const report = { ...startReport(THREADS), seconds, rounds, python, servers: [], batches: [], latencies: [] }
try {
  const { compared, large } = await listedModels(folder)
  for (const model of compared) {
    report.servers.push({ ...model.shown, rows: await measureServers(model, wanted, settings) })
    report.batches.push({ ...model.shown, ...(await compareBatches(model, settings)) })
  }
  // Of runs that are long enough for a queue.
  const last = compared[compared.length - 1]
  report.latencies.push({ ...last.shown, ...(await measureLatencies(last, LOADS, settings)) })
  report.eventLoop = large && { ...large.shown, ...(await eventLoopDelay(large, settings)) }
} finally {
  rmSync(folder, { recursive: true })
  process.stderr.write('\n')
}
finishReport(report)
if (json) await save(json, report, plot)
if (options.markdown) replaceBetween(options.markdown, MARKERS, markdown(report))
console.log(markdown(report))
