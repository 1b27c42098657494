import { expect, test } from 'vitest'
import { LONGEST, lost, OPEN } from './fault-matrix.ts'
import { describeCuda } from './support'

describeCuda('a call of the driver that fails', () => {
  // In two parts, side by side.
  test(
    'leaves a consistent state if the GPU is lost, whichever call it is',
    async () => {
      const middle = 'capture'
      const parts = await Promise.all([lost(700, OPEN, middle), lost(700, middle, undefined)])
      expect(parts.flat()).toEqual([])
    },
    LONGEST,
  )
})
