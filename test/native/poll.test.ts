// The event loop, while short runs are in flight.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { endedWith, runFixture } from './child'

const fixture = fileURLToPath(new URL('fixtures/poll.mjs', import.meta.url))
const polls = { right: true, polled: true }
const sleeps = { right: true, polled: false }
const several = test.runIf(availableParallelism() > 1)

several.each([
  ['polls for runs that are expected to end soon', 'given', polls],
  ['sleeps by default', 'default', sleeps],
  ['sleeps during runs that are expected to take longer', 'short', sleeps],
])('the event loop %s', async (_, scenario, result) => {
  expect(await runFixture('poll.mjs', [scenario])).toEqual(endedWith(JSON.stringify(result)))
})

test('runs settle where setImmediate is a fake that calls nothing', async () => {
  const ended = await runFixture('poll.mjs', ['fake'])
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(JSON.parse(ended.stdout)).toMatchObject({ right: true })
})

test.each([
  ['runs settle where setImmediate is a fake that calls when a test wants it', 'ticked'],
  ['timers, immediates and messages come between runs that follow without a pause', 'others'],
  ['runs of many bindings that are in flight at a time settle', 'many'],
])('%s', async (_, scenario) => {
  expect(await runFixture('poll.mjs', [scenario])).toEqual(endedWith('true'))
})

test('the process exits during a run that the event loop polls for', async () => {
  expect(await runFixture('poll.mjs', ['exit'])).toMatchObject({ code: 3, signal: null, stderr: '' })
})

test('a worker ends during runs that its event loop polls for', async () => {
  const code = `import(${JSON.stringify(new URL('fixtures/poll.mjs', import.meta.url).href)})
    .then(() => {}); setInterval(() => {}, 1000)`
  const worker = new Worker(code, { eval: true, argv: ['many'], stdout: true })
  await new Promise((resolve) => worker.once('online', resolve))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await worker.terminate()).toBe(1)
})

function canSetAffinity(): boolean {
  try {
    execFileSync('taskset', ['--version'])
    return process.platform === 'linux'
  } catch {
    return false
  }
}

test.runIf(canSetAffinity())('the event loop sleeps on a single CPU', () => {
  const printed = execFileSync('taskset', ['-c', '0', process.execPath, fixture, 'given'], {
    encoding: 'utf8',
  })
  expect(JSON.parse(printed)).toEqual(sleeps)
})

const RUNTIMES = { bun: ['bin/bun.exe', 'run'], deno: ['deno', 'run', '-A'] } as const
const { resolve } = createRequire(import.meta.url)

function runtime(name: keyof typeof RUNTIMES): string | undefined {
  try {
    return join(dirname(resolve(`${name}/package.json`)), RUNTIMES[name][0])
  } catch {
    return undefined
  }
}

for (const name of ['bun', 'deno'] as const) {
  const path = process.env[`${name.toUpperCase()}_PATH`] ?? runtime(name)
  test.runIf(path !== undefined)(`runs settle in ${name}, whose event loop polls`, () => {
    for (const scenario of ['given', 'many', 'fake']) {
      const [, ...args] = RUNTIMES[name]
      const printed = execFileSync(path!, [...args, fixture, scenario], { encoding: 'utf8' })
      if (scenario === 'many') expect(printed.trim()).toBe('true')
      else expect(JSON.parse(printed)).toMatchObject({ right: true })
    }
  })
}
