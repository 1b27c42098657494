// Processes that end, or lose their GPU, with runs in flight: each in a process of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const SCRIPT = join(import.meta.dirname, '..', 'ending.mjs')

/** Runs `ending.mjs WAY` some times. It must end by itself with the given exit code, never by a signal of a crash. */
async function endings(t, way, { code = 0, count = 3 } = {}) {
  const seen = {}
  for (let i = 0; i < t.times(count); i++) {
    t.proceed()
    const child = spawn(process.execPath, [SCRIPT, way], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    const [status, signal] = await once(child, 'close')
    clearTimeout(timer)
    const how = String(signal ?? status)
    seen[how] = (seen[how] ?? 0) + 1
    t.note('ended with', seen)
    assert.equal(how, String(code), `${way}: ${text.slice(-300)}`)
  }
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'endings/idle', run: (t) => endings(t, 'idle') },
  { id: 'endings/exit', run: (t) => endings(t, 'exit') },
  { id: 'endings/throw', run: (t) => endings(t, 'throw', { code: 1 }) },
  { id: 'endings/worker', run: (t) => endings(t, 'worker') },
]
