// Every example as it lies in node_modules, on the package's own models.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { exampleFiles } from '../examples/examples.ts'
import { environment, run } from './example.ts'

const installed = join(inject('project'), 'node_modules', 'onnxruntime-iobinding')

const printed: Readonly<Record<string, RegExp>> = {
  'latency-path.mjs': /^en {2}All human beings [\s\S]*\nru {2}/,
  'recurrent-state.mjs': /^speech from 0\.\d\d s to 1\.\d\d s\nspeech from /,
  'voice-hub.mjs': /\nstream 15: speech from .*\n\d+ chunks of 16 streams in \d+ runs\n$/,
  'model-swap.mjs': /^(swap \d: requests were answered meanwhile\n){3}\d+ requests: 0 lost, 0 wrong\n$/,
  'cancellation.mjs': /\nafterwards: the same results\n$/,
  'worker-threads.mjs': /^8 texts on 2 workers: the same results\n$/,
  'io-binding/io-binding.mjs': /"engine":"native"/,
  'kv-cache/growing-cache.mjs': /^with a cache {4}(Bind once, run many\..*)\nwithout {9}\1\n$/,
  'kv-cache/static-cache.mjs': /^with a cache {4}(Bind once, run many\..*)\nwithout {9}\1\n$/,
}
const services = ['http-service/server.mjs']

it.each(Object.entries(printed))('%s runs', async (file, expected) => {
  expect(await run([join(installed, 'examples', file)])).toMatch(expected)
})

it.each(services)('%s answers', async (file) => {
  const service = spawn(process.execPath, [join(installed, 'examples', file), '--port', '0'], {
    cwd: inject('project'),
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(service, 'exit')
  const [line] = await once(service.stdout, 'data')
  const url = /http:\S+/.exec(String(line))![0]
  const body = JSON.stringify({ ids: [...Buffer.from('alle menschen sind frei')] })
  const response = await fetch(`${url}/classify`, { method: 'POST', body })
  const { logits } = (await response.json()) as { logits: number[] }
  expect(logits.indexOf(Math.max(...logits))).toBe(2) // German
  service.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

it('this list is complete', () => {
  const files = exampleFiles().filter(({ path }) => path.endsWith('.mjs'))
  const isShared = (path: string) => files.some(({ text }) => text.includes(`/${path.split('/').at(-1)}'`))
  const programs = files.map(({ path }) => path).filter((path) => !isShared(path))
  expect([...Object.keys(printed), ...services].sort()).toEqual(programs.sort())
})

it('the command demo runs', async () => {
  const cli = join(installed, 'dist', 'tools', 'cli', 'cli.js')
  expect(await run([cli, 'demo', '--seconds', '0.2'])).toMatch(/times as fast at p50, with the same results/)
})
