import { describe, expect, it } from 'vitest'
import { endedWith, runFixture } from './child'

describe.concurrent('garbage collection and disposal', () => {
  it.each([
    ['collect values that were dropped', 'values'],
    ['free the memory of disposed values at once', 'disposedValues'],
    ['collect sessions and bindings that were dropped', 'sessionsAndBindings'],
    ['keep the memory of a view whose value was collected', 'viewOutlivesValue'],
    ['keep bound values and wrapped arrays whose handles were collected', 'boundValuesOutliveTheirHandles'],
    ['keep outputs beyond their session', 'outputsOutliveTheSession'],
    ['keep bound strings', 'strings'],
    ['let runs settle whose session and binding were dropped', 'droppedInFlight'],
    ['let runs settle whose binding and values were disposed', 'disposedInFlight'],
    ['release a session after its runs', 'releaseWaits'],
    ['dispose bindings while their session is released', 'disposedDuringRelease'],
    ['collect bindings while their session is released', 'collectedDuringRelease'],
    ['work for many sessions', 'createAndRelease'],
  ])('%s', async (_, scenario) => {
    expect(await runFixture('collect.mjs', [scenario], { node: ['--expose-gc'] })).toEqual(endedWith('done'))
  })
})
