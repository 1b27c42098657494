// The results of a batch all come in one turn of the event loop: encoded and written in that turn, they would keep it from others.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { turnFor } from '../dist/turns.js'

/** What comes in each turn of the event loop, until all have come. */
async function turns(sizes: readonly number[]): Promise<number[][]> {
  const seen: number[][] = [[]]
  let left = sizes.length
  const beginTurn = () => {
    seen.push([])
    if (left > 0) setImmediate(beginTurn)
  }
  setImmediate(beginTurn)
  const come = async (bytes: number, i: number) => {
    await turnFor(bytes)
    seen.at(-1)!.push(i)
    --left
  }
  await Promise.all(sizes.map(come))
  await turn() // which ends what was counted
  return seen.filter((ids) => ids.length > 0)
}

test('large results are spread over turns, in order', async () => {
  expect(await turns(Array(5).fill(40_000))).toEqual([[0, 1], [2, 3], [4]])
  expect(await turns([1_000_000, 1_000_000])).toEqual([[0], [1]])
})

test('small ones wait for nobody', async () => {
  expect(await turns([1_000_000, 1_000_000, 100, 0])).toEqual([[0, 2, 3], [1]])
})
