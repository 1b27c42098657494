import { expect, test } from 'vitest'
import { endedWith, runFixture } from './child'

const listed = test.runIf(process.platform === 'linux')

listed.each([
  ['1,000 sessions on the CPU have less than 100 run threads', 'manySessions', [true, true]],
  ['a run thread that idles ends, and another one starts', 'idle', 'ran again'],
])('%s', async (_, scenario, result) => {
  expect(await runFixture('threads.mjs', [scenario])).toEqual(endedWith(JSON.stringify(result)))
})

test('a run does not wait for endless runs of other sessions, however many there are', async () => {
  expect(await runFixture('threads.mjs', ['endless'])).toEqual(endedWith('true'))
})

test('the process exits during parallel runs of one session', async () => {
  expect(await runFixture('threads.mjs', ['exit'])).toMatchObject({ code: 3, signal: null, stderr: '' })
})
