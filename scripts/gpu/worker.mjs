// The processes that touch the GPU. `worker.mjs machine SUITE` says what it runs on; `worker.mjs tests OPTIONS ID...`
// runs tests one after another, and says of each that it begins and what became of it. What it says goes to stream 3,
// at once: after a crash the last line tells where.
import { writeSync } from 'node:fs'
import { describeMachine } from './machine.mjs'

const say = (entry) => writeSync(3, `${JSON.stringify(entry)}\n`)

const [what, options, ...ids] = process.argv.slice(2)
if (what === 'machine') {
  try {
    say(await describeMachine(options))
  } catch (error) {
    say({ type: 'error', code: error.code, message: error.message ?? String(error) })
    process.exitCode = 1
  }
} else {
  const { tests } = await import('./tests/index.mjs')
  const { runTest, LIMIT } = await import('./harness.mjs')
  const { deadline, short } = JSON.parse(options)
  for (const id of ids) {
    if (Date.now() > deadline) break
    const test = tests.find((one) => one.id === id)
    say({ type: 'begin', id, limit: test.limit ?? LIMIT })
    const result = await runTest(test, { short })
    say(result)
    // What went wrong may have taken the GPU's context with it: the next begins in a process of its own.
    if (result.status === 'fail') break
  }
}
// A test that failed may have left runs in flight, which would keep the process.
process.exit()
