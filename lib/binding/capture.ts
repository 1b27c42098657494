import type { EngineBinding } from '../engine/engine'
import { type CaptureOptions, resolveCapture } from './run-options'

/** Whether a binding's runs replay a graph. */
export class Capture {
  readonly #binding: EngineBinding
  #isCaptured = false
  #isPending = false
  #isDisposed = false

  constructor(binding: EngineBinding) {
    this.#binding = binding
  }

  get isCaptured(): boolean {
    return this.#isCaptured
  }

  async capture(options: CaptureOptions): Promise<void> {
    const pending = this.#binding.capture(resolveCapture(options))
    this.#isPending = true
    try {
      await pending
      this.#isCaptured = !this.#isDisposed
    } finally {
      this.#isPending = false
    }
  }

  release(): void {
    if (!this.#isCaptured && !this.#isPending) return
    this.#binding.releaseCapture()
    this.#isCaptured = false
  }

  dispose(): void {
    this.#isDisposed = true
    this.#isCaptured = false
  }
}
