// Writes the coverage of a test file's process: vitest ends it by SIGTERM, which writes nothing.
import { stopCoverage, takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

afterAll(() => {
  takeCoverage()
  stopCoverage()
  // An orderly exit writes gcov's counters.
  process.once('SIGTERM', () => process.exit())
})
