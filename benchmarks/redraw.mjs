// Prints the tables and draws the plots of results that were measured before:
// `node benchmarks/redraw.mjs benchmarks/results/*.json [--markdown FILE]`.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { draw, replaceBetween } from './core/report.mjs'
import * as bert from './suites/bert/report.mjs'
import * as clients from './suites/clients/report.mjs'
import * as micro from './suites/micro/report.mjs'
import * as server from './suites/server/report.mjs'
import * as throughput from './suites/throughput/report.mjs'

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { markdown: { type: 'string' } },
})
function chooseSuite(report) {
  if (report.shapes) return bert
  if (report.batches) return server
  if (report.clients) return clients
  return report.definitions ? throughput : micro
}

for (const file of files) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (report.targets && !report.shapes) continue // the event loop's: one small table, no plot
  const suite = chooseSuite(report)
  const text = suite.markdown(report)
  console.log(text)
  await draw(file, suite.plot(report))
  if (options.markdown) replaceBetween(options.markdown, suite.MARKERS, text)
}
