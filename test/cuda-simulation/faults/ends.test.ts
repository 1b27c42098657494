// A process ends well while a run is in flight on the GPU.
import { expect, test } from 'vitest'
import { runScript } from '../../native/child'
import { isNightly } from '../omitted.ts'
import { describeSimulated } from './support'

const TIMES = isNightly ? 20 : 2

describeSimulated('the end of a process with a run in flight on the simulated GPU', () => {
  test.each([
    ['exit', 0],
    ['throw', 1],
    ['abort', 0],
  ])('by %s', async (way, code) => {
    for (let i = 0; i < TIMES; i++) {
      const ended = await runScript(`${import.meta.dirname}/fixtures/ends.mjs`, [way])
      expect(ended, ended.stderr).toMatchObject({ code, signal: null })
      expect(JSON.parse(ended.stdout)).not.toContain('done')
    }
  })
})
