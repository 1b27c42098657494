import { setImmediate as immediate } from 'node:timers/promises'

let end: Promise<void> | undefined

/** When the event loop has served what came in this turn. */
export function endOfTurn(): Promise<void> {
  end ??= immediate().then(() => {
    end = undefined
  })
  return end
}

/** A result below it takes less time than a turn of the event loop. */
const SMALL = 4096
/** What one turn encodes and writes, before it serves other events. */
const BYTES_A_TURN = 2 ** 16

const waiting: { readonly bytes: number; readonly go: () => void }[] = []
let left = BYTES_A_TURN

/** Undefined, or a promise of a later turn of the event loop: the results of a batch all come in one. */
export function turnFor(bytes: number): Promise<void> | undefined {
  if (bytes < SMALL) return undefined
  if (left === BYTES_A_TURN) setImmediate(nextTurn)
  if (left > 0) {
    left -= bytes
    return undefined
  }
  return new Promise((go) => waiting.push({ bytes, go }))
}

function nextTurn(): void {
  left = BYTES_A_TURN
  while (waiting.length > 0 && left > 0) {
    const { bytes, go } = waiting.shift()!
    left -= bytes
    go()
  }
  if (left < BYTES_A_TURN) setImmediate(nextTurn)
}
