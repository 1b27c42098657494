import type { BindingHost } from '../binding/host'
import { type BatchShape, LaneMemory } from './memory'
import { SizedBinding } from './sized'

/** The batches of one shape that run one after the other: a binding for each size, over one memory. */
export class Lane {
  readonly #host: BindingHost
  readonly #most: number
  readonly #bindings = new Map<number, SizedBinding>()
  #memory: LaneMemory | undefined

  /** @param most the largest size */
  constructor(host: BindingHost, most: number) {
    this.#host = host
    this.#most = most
  }

  /** The binding for a run of as many rows. The memory doubles as batches grow; the results of earlier runs are then gone. */
  bound(shape: BatchShape, size: number): SizedBinding {
    const memory = this.#memoryFor(shape, size)
    let binding = this.#bindings.get(size)
    if (binding === undefined) {
      binding = new SizedBinding(memory, size)
      this.#bindings.set(size, binding)
    }
    return binding
  }

  #memoryFor(shape: BatchShape, size: number): LaneMemory {
    const memory = this.#memory
    if (memory?.shape === shape && memory.capacity >= size) return memory
    this.dispose()
    const doubled = memory?.shape === shape ? memory.capacity * 2 : 1
    this.#memory = new LaneMemory(this.#host, shape, Math.min(this.#most, Math.max(size, doubled)))
    return this.#memory
  }

  dispose(): void {
    for (const binding of this.#bindings.values()) binding.dispose()
    this.#bindings.clear()
    this.#memory?.dispose()
    this.#memory = undefined
  }
}
