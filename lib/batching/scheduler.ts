import { isOrtError, OrtError } from '../errors'
import { type BatchModel, Group, LANES, ShapeVaries } from './group'
import type { BatcherRunOptions, ResolvedOptions } from './options'
import { Request, type Result } from './request'
import type { EncodedRow } from './rows'
import { type BatchResults, takeRow, takeShapedRow } from './sized'
import { Counters, type Release } from './stats'

type Options = Pick<ResolvedOptions, 'maxBatchSize' | 'maxQueueDelayMs' | 'maxBatchTimeMs' | 'preferredSizes'>

/** Errors after which no row can run: to try them one by one would only take time. */
const FINAL = [
  'ERR_DISPOSED',
  'ERR_EXITING',
  'ERR_SESSION_FAILED',
  'ERR_CUDA_DEVICE_LOST',
  'ERR_ORT_DEVICE_RESET',
]

/** Shapes whose memory is kept, beside those that have rows. */
const MOST_SHAPES = 32

/**
 * Decides which rows go together, and when. A batch goes when nothing is in flight, and behind a run in flight only if it is full:
 * until that run ends, more rows may come.
 */
export class Scheduler {
  readonly counters = new Counters()
  readonly #model: BatchModel
  readonly #options: Options
  /** By the key of their rows. The one that was used last is the last. */
  readonly #groups = new Map<string, Group<Request>>()
  #last: Group<Request> | undefined
  readonly #idleLanes = Array.from({ length: LANES }, (_, lane) => lane)
  #inFlight = 0
  #waiting = 0
  #order = 0
  #closing = false
  #isScheduled = false
  #timer: NodeJS.Timeout | undefined
  #onIdle: (() => void) | undefined
  /** Milliseconds of a row in a run, by the last runs. */
  #rowMs = 0

  readonly #recycle: (row: EncodedRow) => void

  /** @param recycle takes the rows whose memory nobody reads anymore */
  constructor(model: BatchModel, options: Options, recycle: (row: EncodedRow) => void) {
    this.#model = model
    this.#recycle = recycle
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting
  }

  /** The group of rows of this shape. */
  group(row: Pick<EncodedRow, 'key' | 'dims'>): Group<Request> {
    if (this.#last?.key === row.key) return this.#last
    let group = this.#groups.get(row.key)
    if (group === undefined) {
      this.#makeRoom()
      group = new Group(this.#model, row)
    } else {
      this.#groups.delete(row.key)
    }
    this.#groups.set(row.key, group)
    this.#last = group
    return group
  }

  /** Frees the memory of the shapes that were not used for longest. */
  #makeRoom(): void {
    for (const [key, group] of this.#groups) {
      if (this.#groups.size < MOST_SHAPES) return
      if (group.waiting.size > 0 || group.running > 0) continue
      group.dispose()
      this.#groups.delete(key)
    }
  }

  add(
    row: EncodedRow,
    { signal, timeoutMs, priority = 'normal' }: BatcherRunOptions,
    withShapes: boolean,
  ): Promise<Result> {
    const request = new Request(row, timeoutMs, this.#order++, withShapes)
    const group = this.group(row)
    if (signal !== undefined || timeoutMs !== undefined) {
      request.wait.watch(signal, (end) => {
        ++this.counters.rows[end]
        if (!group.waiting.delete(request)) return
        --this.#waiting
        this.#checkIdle()
      })
    }
    group.waiting.add(request, priority)
    ++this.#waiting
    this.#schedule()
    return request.wait.promise
  }

  /** After the callbacks of this turn of the event loop, which may bring more rows. */
  #schedule(): void {
    if (this.#isScheduled || this.#idleLanes.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#release()
    })
  }

  #release(): void {
    while (this.#idleLanes.length > 0 && this.#waiting > 0) {
      const [group, release] = this.#next() ?? []
      if (group === undefined) return
      const requests = group.waiting.take(this.#batchSize(group, release!))
      this.#waiting -= requests.length
      const live = requests.filter((request) => !this.#endIfLate(request))
      if (live.length === 0) continue
      ++this.counters.releases[release!]
      void this.#run(this.#idleLanes.pop()!, group, live)
    }
    this.#checkIdle()
  }

  #batchSize(group: Group<Request>, release: Release): number {
    if (release === 'first') return 1
    return release === 'preferred' ? this.#preferred(group)! : this.#most
  }

  /** The largest of the preferred sizes that the waiting rows make up. */
  #preferred({ waiting }: Group<Request>): number | undefined {
    return this.#options.preferredSizes.findLast((size) => size <= waiting.size && size <= this.#most)
  }

  /** The most rows of a batch, so that its run takes no longer than it may. */
  get #most(): number {
    const { maxBatchSize, maxBatchTimeMs } = this.#options
    if (maxBatchTimeMs === undefined || this.#rowMs === 0) return maxBatchSize
    return Math.max(1, Math.min(maxBatchSize, Math.floor(maxBatchTimeMs / this.#rowMs)))
  }

  /**
   * The group that is to go next, of those with rows of high priority, or with the oldest row. One that is not full waits for the
   * run in flight, and keeps those behind it from overtaking it forever.
   */
  #next(): [Group<Request>, Release] | undefined {
    let best: [Group<Request>, Release] | undefined
    let soonest = Infinity
    for (const group of this.#groups.values()) {
      if (group.waiting.size === 0) continue
      const release = this.#readiness(group)
      if (typeof release === 'number') soonest = Math.min(soonest, release)
      else if (best === undefined || isBefore(group, best[0])) best = [group, release]
    }
    clearTimeout(this.#timer)
    if (best === undefined && soonest < Infinity)
      this.#timer = setTimeout(() => this.#release(), Math.ceil(soonest))
    return best === undefined || this.#inFlight === 0 || best[1] === 'full' || best[1] === 'first'
      ? best
      : undefined
  }

  /** Why the group may go, or the milliseconds after which it may; Infinity: after a run. */
  #readiness(group: Group<Request>): Release | number {
    if (!group.isKnown) return group.running === 0 ? 'first' : Infinity
    if (group.waiting.size >= this.#most) return 'full'
    if (this.#closing) return 'closing'
    const { maxQueueDelayMs } = this.#options
    if (maxQueueDelayMs === 0) return 'idle'
    if (this.#preferred(group) !== undefined) return 'preferred'
    const since = Math.min(...group.waiting.oldest.map(({ wait }) => wait.since))
    const left = since + maxQueueDelayMs - performance.now()
    return left <= 0 ? 'delay' : left
  }

  #endIfLate({ wait }: Request): boolean {
    if (!wait.isLate) return false
    ++this.counters.rows.timedOut
    wait.reject(wait.timeoutError())
    return true
  }

  /** Never rejects. */
  async #run(lane: number, group: Group<Request>, requests: readonly Request[]): Promise<void> {
    const begin = performance.now()
    let written = begin
    this.#begin(group, requests.length)
    try {
      const results = await group.run(lane, requests, () => {
        written = performance.now()
      })
      const ran = performance.now()
      this.#end(group, requests.length)
      this.#learnTime((ran - written) / requests.length)
      this.#answer(group, requests, results)
      const waited = requests.reduce((sum, { wait }) => sum + begin - wait.since, 0)
      for (const request of requests) this.#recycle(request)
      this.counters.addBatch(requests.length, waited, { begin, written, ran, taken: performance.now() })
    } catch (error) {
      await this.#repeat(lane, group, requests, error)
      this.#end(group, requests.length)
    }
    this.#idleLanes.push(lane)
    this.#release()
  }

  #begin(group: Group<Request>, rows: number): void {
    ++this.#inFlight
    this.counters.running += rows
    ++group.running
  }

  /** What waits begins to run before the results are handed out, so that the session does not wait for this thread. */
  #end(group: Group<Request>, rows: number): void {
    --this.#inFlight
    this.counters.running -= rows
    --group.running
    this.#release()
  }

  #learnTime(rowMs: number): void {
    this.#rowMs = this.#rowMs === 0 ? rowMs : this.#rowMs * 0.75 + rowMs * 0.25
  }

  #answer(group: Group<Request>, requests: readonly Request[], results: BatchResults): void {
    const size = group.sizeFor(requests.length)
    requests.forEach(({ wait, withShapes }, slot) => {
      if (wait.settled) return
      wait.resolve((withShapes ? takeShapedRow : takeRow)(results, size, slot))
      ++this.counters.rows.succeeded
    })
  }

  /** Runs the rows of a failed batch one by one: only those fail that fail alone. */
  async #repeat(
    lane: number,
    group: Group<Request>,
    requests: readonly Request[],
    error: unknown,
  ): Promise<void> {
    const isFinal = isOrtError(error) && FINAL.includes(error.code)
    const failsAlone = requests.length === 1 && !(error instanceof ShapeVaries)
    if (!isFinal && !failsAlone) ++this.counters.repeated
    for (const request of requests) {
      if (request.wait.settled || this.#endIfLate(request)) continue
      try {
        if (isFinal || failsAlone) throw error
        this.#answer(group, [request], await group.run(lane, [request]))
      } catch (error) {
        ++this.counters.rows.failed
        request.wait.reject(error)
      }
    }
  }

  /** Runs what waits, without delay. Resolves when nothing is left. */
  drain(): Promise<void> {
    this.#closing = true
    return new Promise((resolve) => {
      this.#onIdle = resolve
      this.#release()
    })
  }

  #checkIdle(): void {
    if (this.#waiting === 0 && this.#idleLanes.length === LANES) this.#onIdle?.()
  }

  /** Refuses what waits. Runs in flight give their results. */
  cancel(): void {
    for (const group of this.#groups.values()) {
      for (const { wait } of group.waiting.take(group.waiting.size)) {
        --this.#waiting
        ++this.counters.rows.failed
        wait.reject(disposed())
      }
    }
  }

  dispose(): void {
    clearTimeout(this.#timer)
    for (const group of this.#groups.values()) group.dispose()
    this.#groups.clear()
  }
}

function isBefore(one: Group<Request>, other: Group<Request>): boolean {
  if (one.waiting.hasHigh !== other.waiting.hasHigh) return one.waiting.hasHigh
  return one.waiting.first!.order < other.waiting.first!.order
}

export function disposed(): OrtError {
  return new OrtError('ERR_DISPOSED', 'the batcher was closed')
}
