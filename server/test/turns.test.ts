// What comes in one turn of the event loop: runs that begin together, and the results of a batch, which would keep it from others.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { endOfTurn, turnFor } from '../dist/turns.js'

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

test('the runs of a turn begin together, at its end, in order', async () => {
  const seen: string[] = []
  const run = async (name: string) => {
    await endOfTurn()
    seen.push(name)
  }
  const first = Promise.all([run('a'), run('b')])
  await Promise.resolve()
  seen.push('the turn')
  await first
  const second = run('c')
  expect(seen).toEqual(['the turn', 'a', 'b'])
  await second
  expect(seen.at(-1)).toBe('c')
})
