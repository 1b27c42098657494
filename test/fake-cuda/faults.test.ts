import { expect, test } from 'vitest'
import { LONGEST, lost, names, OPEN, part } from './fault-matrix.ts'
import { describeCuda } from './support'

describeCuda('a call of the driver that fails', () => {
  test(
    'throws a coded error, whichever call it is',
    async () => {
      expect((await part('once')).failures).toEqual([])
    },
    LONGEST,
  )

  test.each([1, 2, 700])('throws a coded error if it is the first of all: error %i', async (code) => {
    expect((await part('init', `${code}`)).failures).toEqual([])
  })

  test.each([1, 2])('throws a coded error if it opens a GPU: error %i', async (code) => {
    expect(await lost(code, OPEN, names[1])).toEqual([])
  })
})
