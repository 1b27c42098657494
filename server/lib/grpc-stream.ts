import type { ServerDuplexStream } from '@grpc/grpc-js'
import { cancelled } from './errors.js'

type Stream = ServerDuplexStream<Buffer, Buffer>

/** Never rejects: the error of a request is its response. */
type Answer = (request: Buffer, signal: AbortSignal) => Promise<Buffer>

/** Requests of a stream that wait or run; those behind them are read later. */
const MOST_IN_FLIGHT = 64

/** The open streams of a server. */
export class Streams {
  readonly #open = new Set<InferStream>()
  #closing = false

  serve(call: Stream, answer: Answer): void {
    const stream = new InferStream(call, answer, () => this.#open.delete(stream))
    this.#open.add(stream)
    if (this.#closing) stream.finish()
  }

  /** Ends each stream when the requests that it has read are answered. */
  close(): void {
    this.#closing = true
    for (const stream of this.#open) stream.finish()
  }
}

/** A stream whose requests are answered in their order, while later ones run. */
class InferStream {
  readonly #left = new AbortController()
  #inFlight = 0
  #last: Promise<void> = Promise.resolve()
  #isFinishing = false
  /** Ends the wait for a slow reader. */
  #onDrain: (() => void) | undefined

  constructor(
    private readonly call: Stream,
    private readonly answer: Answer,
    private readonly onEnd: () => void,
  ) {
    const leave = () => {
      this.#left.abort(cancelled())
      this.#onDrain?.()
      onEnd()
    }
    call.on('data', (request: Buffer) => this.#take(request))
    call.on('end', () => this.finish())
    call.on('drain', () => this.#onDrain?.())
    call.on('error', leave)
    call.on('cancelled', leave)
  }

  #take(request: Buffer): void {
    if (this.#isFinishing) return
    if (++this.#inFlight >= MOST_IN_FLIGHT) this.call.pause()
    const answer = this.answer(request, this.#left.signal)
    this.#last = this.#last.then(async () => {
      const response = await answer
      --this.#inFlight
      if (this.#left.signal.aborted) return
      if (!this.call.write(response)) await this.#drained()
      this.call.resume()
    })
  }

  /** A slow reader of responses keeps further requests from being read. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrain = resolve
    })
  }

  finish(): void {
    if (this.#isFinishing) return
    this.#isFinishing = true
    void this.#last.then(() => {
      this.onEnd()
      if (!this.#left.signal.aborted) this.call.end()
    })
  }
}
