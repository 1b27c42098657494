// The processes that use the GPU. `worker.mjs machine SUITE` describes the machine; `worker.mjs tests OPTIONS ID...` runs
// tests one after another, and reports the begin, the progress and the result of each. Reports go to file descriptor 3, at
// once: after a crash the last line names the test.
import { writeSync } from 'node:fs'

const report = (entry) => writeSync(3, `${JSON.stringify(entry)}\n`)

const [what, options, ...ids] = process.argv.slice(2)
if (what === 'machine') {
  const { describeMachine } = await import('./machine.mjs')
  try {
    report(await describeMachine(options))
  } catch (error) {
    report({ type: 'error', code: error.code, message: error.message ?? String(error) })
    process.exit(1)
  }
} else {
  const { tests } = await import('./suites/index.mjs')
  const { runTest, LIMIT } = await import('./harness.mjs')
  const { deadline, short } = JSON.parse(options)
  for (const id of ids) {
    if (Date.now() > deadline) break
    const test = tests.find((one) => one.id === id)
    const limit = test.limit ?? LIMIT
    report({ type: 'begin', id, limit })
    const result = await runTest(test, { short, progress: () => report({ type: 'progress', id, limit }) })
    report(result)
    // A failure may have broken the GPU's context: the next test begins in a process of its own.
    if (result.status === 'fail' || result.status === 'known') break
  }
  // The reporter writes asynchronously.
  await new Promise((resolve) => setTimeout(resolve, 50))
}
// A failed test may have left runs in flight, which would keep the process.
process.exit()
