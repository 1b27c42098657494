// tritonclient against the server. SERVER_PYTHON is a Python with the packages of server/test/requirements.txt.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createServer } from '../dist/index.js'
import { writeIdentities } from './models.ts'

const python = process.env.SERVER_PYTHON ?? process.env.TEST_PYTHON ?? 'python3'

function hasClient(): boolean {
  try {
    execFileSync(python, ['-c', 'import tritonclient.http'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const skipped = hasClient() ? '' : ' (skipped: no tritonclient; see SERVER_PYTHON)'
if (skipped !== '') console.log(`SKIPPED: tritonclient is not installed for ${python}`)

test.skipIf(skipped !== '')(`tritonclient gets right answers and errors${skipped}`, async () => {
  const repository = mkdtempSync(join(tmpdir(), 'server-models-'))
  try {
    writeIdentities(repository)
    await using server = await createServer({ modelRepository: repository, httpPort: 0 })
    const script = join(import.meta.dirname, 'client.py')
    const { stdout } = await promisify(execFile)(python, [script, `127.0.0.1:${server.httpPort}`])
    const checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(checks).toHaveLength(70)
  } finally {
    rmSync(repository, { recursive: true })
  }
})
