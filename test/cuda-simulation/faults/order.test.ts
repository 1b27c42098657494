// Runs in flight that share a value have an order, or are refused.
import { expect, test } from 'vitest'
import { describeSimulated, scenario } from './support'

describeSimulated('values that runs in flight share, on the simulated GPU', () => {
  test.each([
    ['sessions', 'cuda'],
    ['sessions', 'cuda-pinned'],
    ['bindings', 'cuda'],
    ['bindings', 'cuda-pinned'],
  ])('the second run is refused: two %s, %s', async (what, device) => {
    expect(await scenario('order.mjs', what, [device])).toEqual({ codes: ['ERR_BUSY'], wrong: 0 })
  })
})
