// bench:start: each of its processes gives a result, in little time.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'

test('bench:start -- --rounds 1 measures all processes', { timeout: 60_000 }, () => {
  const script = join(root, 'benchmarks', 'suites', 'start.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--rounds', '1'], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  const rows = stdout.split('\n').filter((line) => /^\| \S.*\d/.test(line))
  expect(rows.map((row) => row.split('|')[1]!.trim())).toEqual([
    'Node.js alone',
    'onnxruntime-node run',
    'session.run()',
    'io.runSync()',
  ])
})
