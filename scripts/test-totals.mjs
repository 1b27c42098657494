// Adds up the test runs of `.ci/run` and `.ci/nightly`: node scripts/test-totals.mjs FOLDER [FAILED STEP...]
//
// FOLDER has a log of each step, vitest's reports (*.json) and the journals of the GPU suites' rehearsal (*.jsonl). A step
// that failed without a failed test counts as one. Repeats the lines of the logs that begin with RESULT. Failed tests are named
// last, with their messages; the last line is the sum.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MAX_MESSAGE = 1000

const [folder, ...failedSteps] = process.argv.slice(2)
const sum = { passed: 0, failed: 0, skipped: 0 }
const skipped = new Map()
const failed = []

const skip = (reason, count = 1) => skipped.set(reason, (skipped.get(reason) ?? 0) + count)

/** The name of the outermost skipped suite, or of the test itself. */
const skippedName = ({ ancestorTitles, title }) =>
  ancestorTitles.find((name) => /skipped/i.test(name)) ?? title

const readers = {
  json(text) {
    const { testResults } = JSON.parse(text)
    for (const file of testResults) {
      // A file that cannot be loaded has no tests.
      if (file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed')) {
        sum.failed++
        failed.push(`${file.name}: ${file.message}`)
      }
      for (const test of file.assertionResults) {
        if (test.status === 'failed')
          failed.push(`${file.name}: ${test.fullName}: ${test.failureMessages.join('\n')}`)
        if (test.status === 'passed' || test.status === 'failed') sum[test.status]++
        else {
          sum.skipped++
          skip(skippedName(test))
        }
      }
    }
  },

  jsonl(text) {
    const { passed, failed, skipped, notRun } = JSON.parse(text.trim().split('\n').at(-1))
    sum.passed += passed
    sum.failed += failed + notRun
    sum.skipped += skipped
    if (skipped > 0) skip("GPU suites' rehearsal: what the fake CUDA driver cannot do", skipped)
  },

  log(text) {
    for (const [, reason] of text.matchAll(/^SKIPPED: (.*)$/gm)) skip(reason, 0)
    for (const [line] of text.matchAll(/^RESULT: .*$/gm)) console.log(line)
  },
}

for (const file of readdirSync(folder)) {
  const read = readers[file.split('.').at(-1)]
  read?.(readFileSync(join(folder, file), 'utf8'))
}
if (failedSteps.length > 0 && sum.failed === 0) sum.failed = 1

for (const [reason, count] of skipped) console.log(`SKIPPED${count > 0 ? ` (${count})` : ''}: ${reason}`)
for (const test of failed) console.log(`FAILED: ${test.slice(0, MAX_MESSAGE)}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0
