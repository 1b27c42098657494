// What a fresh process needs to its first result. `npm run bench:start -- --help` lists the options.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oneNode } from '../../test/helpers/model-builder.mjs'
import { THREADS } from '../core/case.mjs'
import { finishReport, startReport } from '../core/machine.mjs'
import { positiveInteger, readOptions } from '../core/options.mjs'
import { markdownTable, ranged, replaceBetween, setup } from '../core/report.mjs'
import { digits, spread } from '../core/statistics.mjs'

const TARGET = join(import.meta.dirname, '..', 'targets', 'first-result.mjs')
const MARKERS = ['<!-- bench-start:begin -->', '<!-- bench-start:end -->']
const TARGETS = {
  node: 'Node.js alone',
  'ort-node': 'onnxruntime-node run',
  'session-run': 'session.run()',
  'run-sync': 'io.runSync()',
}
const HELP = `npm run bench:start -- [options]
  --rounds N       processes of each target (40)
  --markdown FILE  a file whose table between ${MARKERS.join(' and ')} is replaced`

const options = readOptions(HELP)
const rounds = positiveInteger('rounds', options.rounds ?? 40)
const report = startReport(THREADS)
const folder = mkdtempSync(join(tmpdir(), 'ort-bench-'))
const model = join(folder, 'one-node.onnx')
writeFileSync(model, oneNode())

/** @type {Record<string, { wall: number, cpu: number }[]>} */
const samples = Object.fromEntries(Object.keys(TARGETS).map((id) => [id, []]))
try {
  // The first round fills the system's cache of files.
  for (let round = 0; round <= rounds; round++) {
    const ids = Object.keys(TARGETS)
    for (const id of round % 2 ? ids.reverse() : ids) {
      const sample = JSON.parse(execFileSync(process.execPath, [TARGET, id, model], { encoding: 'utf8' }))
      if (round > 0) samples[id].push(sample)
    }
    process.stderr.write(`\rround ${round} of ${rounds} `)
  }
} finally {
  rmSync(folder, { recursive: true })
  process.stderr.write('\n')
}

const base = samples['ort-node']
const cells = (own, key) => [
  ranged(spread(own.map((one) => one[key]))),
  own === base ? '' : ranged(spread(own.map((one, i) => one[key] / base[i][key]))),
]
const rows = Object.entries(TARGETS).map(([id, label]) => {
  const own = samples[id]
  const least = Math.min(...own.map(({ wall }) => wall))
  return [label, digits(least), ...cells(own, 'wall'), ...cells(own, 'cpu')]
})
const head = ['', 'least, ms', 'ms', '÷', 'CPU, ms', 'CPU ÷']
const text = [MARKERS[0], setup(finishReport(report)), '', markdownTable([head, ...rows]), MARKERS[1]].join(
  '\n',
)
console.log(text)
if (options.markdown) replaceBetween(options.markdown, MARKERS, text)
