import { expect, test } from 'vitest'
import { runFixture } from './child'

const limited = test.runIf(process.platform === 'linux')

limited.each([
  ['the copy of a model', 'model'],
  ['the copy of external data', 'externalData'],
  ['the memory of a value', 'values'],
  ['the copy of a value', 'read'],
  ['the copy of a feed', 'feeds'],
  ['a result', 'results'],
])('%s that does not fit is ERR_OUT_OF_MEMORY, with a remedy', async (_, scenario) => {
  const { code, stdout } = await runFixture('limits.mjs', [scenario])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '["ERR_OUT_OF_MEMORY",true]\n' })
})

limited('a thread that cannot start is ERR_THREAD_UNAVAILABLE, and later ones start', async () => {
  const { code, stdout } = await runFixture('limits.mjs', ['thread'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '["ERR_THREAD_UNAVAILABLE",true,true]\n' })
})
