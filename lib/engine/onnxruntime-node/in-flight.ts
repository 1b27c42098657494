import { OrtError } from '../../errors'
import { overlap, type TypedArray } from '../../model/element-types'

/** What a run does with memory; `'step'`: it reads a state and writes it. */
export type Access = 'read' | 'write' | 'step'

/** The memory that a run reads or writes until it has ended. */
export interface MemoryUse {
  readonly data: TypedArray | string[]
  readonly access: Access
  /** Its runs are done in the order of the calls; undefined: in no order. */
  readonly session?: object | undefined
}

/** Of each run. */
const inFlight = new Set<readonly MemoryUse[]>()

/** The same rules as the addon's (native/env/in_flight.h). */
function conflicts(one: MemoryUse, other: MemoryUse): boolean {
  const [writes, otherWrites] = [one.access !== 'read', other.access !== 'read']
  const ordered = one.session !== undefined && one.session === other.session
  const steps = one.access === 'step' && other.access === 'step'
  if (ordered ? !(writes && otherWrites) || steps : !(writes || otherWrites)) return false
  return overlap(one.data, other.data) !== 'none'
}

/** @throws OrtError `ERR_BUSY` if a run in flight forbids the use */
export function checkFree(use: MemoryUse, what: string): void {
  for (const uses of inFlight) {
    const other = uses.find((one) => conflicts(use, one))
    if (other === undefined) continue
    const does = other.access === 'read' ? 'reads' : 'writes'
    throw new OrtError('ERR_BUSY', `${what} is memory that a run in flight ${does}`, {
      remedy: 'Await the run in flight, or give each run in flight a binding and values of its own',
    })
  }
}

/** A run begins. Returns what its end is to call. */
export function hold(uses: readonly MemoryUse[]): () => void {
  inFlight.add(uses)
  return () => inFlight.delete(uses)
}
