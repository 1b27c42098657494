// bench:throughput: its load generators, its figures, and the command.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { percentiles } from '../../benchmarks/core/statistics.mjs'
import * as statistics from '../../benchmarks/suites/throughput/statistics.mjs'
import { closedLoop, openLoop, poissonSchedule, stepResult } from '../../benchmarks/targets/open-loop.mjs'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'open-loop-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A clock that advances when the event loop is blocked, idle or polls: nothing depends on the machine's speed. */
function fakeClock() {
  let time = 1000
  const advance = (ms: number) => {
    time += ms
  }
  const later = (run: () => void, ms: number) => {
    setImmediate(() => {
      advance(ms)
      run()
    })
  }
  return {
    now: () => time,
    setImmediate: (run: () => void) => later(run, 0.01),
    setTimeout: later,
    /** Blocks the event loop, as a synchronous run does. */
    block: advance,
    sleep: (ms: number) => new Promise<void>((resolve) => later(resolve, ms)),
  }
}

describe('the schedule', () => {
  const options = { rate: 250, requests: 20_000, seed: 7 }
  const due = poissonSchedule(options)
  const gaps = due.map((at, i) => at - (due[i - 1] ?? 0))

  test('is the same for the same seed', () => {
    expect(poissonSchedule(options)).toEqual(due)
    expect(poissonSchedule({ ...options, seed: 8 })).not.toEqual(due)
  })

  test('has the mean and the tail of a Poisson process', () => {
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
    const mean = due[due.length - 1] / due.length
    expect(Math.abs(mean - 4)).toBeLessThan(0.1)
    const above = (ms: number) => gaps.filter((gap) => gap > ms).length / gaps.length
    expect(Math.abs(above(4) - Math.exp(-1))).toBeLessThan(0.01)
    expect(Math.abs(above(12) - Math.exp(-3))).toBeLessThan(0.01)
  })
})

describe('the open loop', () => {
  test('counts from the time at which a request was due, including its wait in the queue', async () => {
    const clock = fakeClock()
    const { latencies, overloaded, answered } = await openLoop({
      due: new Float64Array(10),
      serve: () => clock.block(20),
      mostWaiting: 2000,
      clock,
    })
    expect({ overloaded, answered }).toEqual({ overloaded: false, answered: 10 })
    expect([...latencies].findIndex((latency, i) => latency < 20 * (i + 1))).toBe(-1)
  })

  test('counts requests that were due while the event loop was blocked, and how late they were', async () => {
    const clock = fakeClock()
    const due = Float64Array.of(0, 5, 10)
    const blocked = [60, 0, 0]
    const { latencies, lateness } = await openLoop({
      due,
      serve: (request) => clock.block(blocked[request]),
      mostWaiting: 2000,
      clock,
    })
    expect(lateness[1]).toBeGreaterThanOrEqual(55)
    expect(lateness[2]).toBeGreaterThanOrEqual(50)
    expect(latencies[2]).toBeGreaterThanOrEqual(lateness[2])
  })

  test('sends no request before it is due', async () => {
    const clock = fakeClock()
    const due = poissonSchedule({ rate: 500, requests: 50, seed: 1 })
    const begin = clock.now()
    const sentAt: number[] = []
    const { lateness } = await openLoop({
      due,
      serve: () => sentAt.push(clock.now() - begin),
      mostWaiting: 2000,
      clock,
    })
    expect(lateness.every((ms) => ms >= 0)).toBe(true)
    expect(sentAt.findIndex((at, i) => at < due[i])).toBe(-1)
  })

  test('does not wait for an answer before it sends the next', async () => {
    let most = 0
    let inFlight = 0
    const { answered } = await openLoop({
      due: new Float64Array(8),
      serve: async () => {
        most = Math.max(most, ++inFlight)
        while (most < 8) await sleep(1)
        inFlight--
      },
      mostWaiting: 2000,
    })
    expect({ most, answered }).toEqual({ most: 8, answered: 8 })
  })

  test('ends an overloaded step, reports it, and waits for the sent requests', async () => {
    const clock = fakeClock()
    let [sent, done] = [0, 0]
    const result = await openLoop({
      due: Float64Array.from({ length: 10_000 }, (_, i) => i / 100),
      serve: async () => {
        sent++
        clock.block(2)
        await clock.sleep(20)
        done++
      },
      mostWaiting: 50,
      clock,
    })
    expect(result.overloaded).toBe(true)
    expect(result.due).toBeGreaterThan(50)
    expect(result.answered).toBeLessThan(result.requests)
    expect([result.answered, result.latencies.length, done]).toEqual([sent, sent, sent])
  })

  test('fails if the service fails', async () => {
    const serve = async (request: number) => {
      if (request === 1) throw new Error('no answer')
    }
    await expect(openLoop({ due: new Float64Array(3), serve, mostWaiting: 9 })).rejects.toThrow('no answer')
  })
})

test('the closed loop has as many requests in flight as callers', async () => {
  const clock = fakeClock()
  let [most, inFlight, done] = [0, 0, 0]
  const serve = async () => {
    most = Math.max(most, ++inFlight)
    await clock.sleep(2)
    inFlight--
    done++
  }
  const { answered, ms } = await closedLoop({ callers: 3, ms: 30, serve, clock })
  expect({ most, answered }).toEqual({ most: 3, answered: done })
  expect(ms).toBeGreaterThanOrEqual(30)
})

describe('the figures of steps', () => {
  const step = (load: number, repetition: number, p50: number, p99: number, more = {}) => ({
    load,
    repetition,
    offered: load,
    achieved: load,
    overloaded: false,
    p50,
    p99,
    answered: 1000,
    tail: Array.from({ length: 20 }, (_, i) => p99 + 20 - i),
    ...more,
  })
  const summaries = (...loads: [number, number, number, object?][]) =>
    loads.map(([load, p50, p99, more]) => statistics.summary([step(load, 0, p50, p99, more)]))

  test('contain percentiles', () => {
    const times = Float64Array.from({ length: 1000 }, (_, i) => 1000 - i)
    expect(percentiles(times)).toEqual({ p50: 501, p99: 991, p999: 1000, max: 1000 })
    expect(percentiles(new Float64Array(0)).p99).toBe(null)
  })

  test('contain the rates of due requests and of answers', () => {
    const due = Float64Array.of(10, 20, 30, 40, 50)
    const latencies = Float64Array.of(1, 1, 1, 1, 11)
    const counts = { requests: 5, due: 5, answered: 5, overloaded: false }
    const result = { ...counts, latencies, lateness: latencies, firstAnswer: 11, lastAnswer: 61 }
    expect(stepResult(due, result)).toMatchObject({
      offered: 100,
      achieved: 80,
      p50: 1,
      p99: 11,
      tail: [11],
    })
  })

  test('contain medians, quartiles, and whether a target kept up', () => {
    const steps = [3, 1, 2].map((p99, i) => step(70, i, 1, p99, i === 0 ? { achieved: 60 } : {}))
    const summary = statistics.summary(steps)
    expect(summary).toMatchObject({ repetitions: 3, overloaded: 0, keptUp: 2 })
    expect(summary.p99).toEqual({ median: 2, q1: 1, q3: 3 })
    // The third of all 3,000: 23, 22, 22.
    expect(summary.p999).toBe(22)
    expect(statistics.summary(steps.slice(0, 2)).p999).toBe(null)
    expect(statistics.sustained(summary)).toBe(true)
    const overloaded = statistics.summary([...steps, step(70, 3, 1, 1, { overloaded: true })])
    expect(overloaded).toMatchObject({ repetitions: 4, overloaded: 1 })
    expect(statistics.sustained(overloaded)).toBe(false)
  })

  test('contain the knee: the highest sustained load with a short tail', () => {
    expect(statistics.knee(summaries([10, 1, 1.5], [50, 1.2, 4], [70, 2, 5], [80, 3, 5.1]))).toBe(70)
    // Its own p50 counts, not the load's.
    expect(statistics.knee(summaries([10, 1, 2], [50, 9, 10]))).toBe(10)
    expect(statistics.knee(summaries([10, 1, 2], [50, 1, 2, { achieved: 48.9 }]))).toBe(10)
    expect(statistics.knee(summaries([10, 1, 2], [50, 1, 2, { overloaded: true }]))).toBe(10)
    expect(statistics.knee(summaries([10, 1, 6]))).toBe(undefined)
  })

  test('compare p99s by repetition', () => {
    const others = [10, 40, 20].map((p99, i) => step(70, i, 1, p99))
    const ours = [5, 4, 20].map((p99, i) => step(70, i, 1, p99))
    expect(statistics.p99Ratio(ours, others)).toEqual({ median: 0.5, q1: 0.1, q3: 1, pairs: 3 })
    ours[1].overloaded = true
    expect(statistics.p99Ratio(ours, others)).toMatchObject({ pairs: 2 })
    expect(statistics.p99Ratio([ours[1]], others)).toBe(undefined)
  })
})

test('bench:throughput -- --quick measures all targets', { timeout: 600_000 }, () => {
  const [json, page] = [join(folder, 'quick.json'), join(folder, 'page.md')]
  writeFileSync(page, 'before\n<!-- throughput:begin -->old<!-- throughput:end -->\nafter\n')
  const script = join(root, 'benchmarks', 'suites', 'throughput', 'bench.mjs')
  const files = ['--json', json, '--markdown', page]
  const args = ['--quick', '--models', 'tiny_bert', '--seconds', '0.05', ...files]
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    timeout: 400_000,
  })
  expect(status, stderr).toBe(0)

  const report = JSON.parse(readFileSync(json, 'utf8'))
  const ids = ['ort-node', 'session-run', 'binding-1', 'bindings-2', 'bindings-4', 'bindings-8', 'sessions-2']
  expect(report.definitions).toEqual({ keepsUp: 0.98, knee: 5, comparedAt: 70, baseline: 'ort-node' })
  expect(report.gate).toMatchObject({ gated: expect.any(Boolean), share: expect.any(Number) })
  expect(report.models).toHaveLength(1)
  const [model] = report.models
  expect(model).toMatchObject({ id: 'tiny_bert', loads: [10, 70, 110], reference: expect.any(Number) })
  expect(model.work).toMatchObject({ handler: expect.any(Number), background: expect.any(Number) })
  expect(model.generator.map(({ load }: { load: number }) => load)).toEqual([10, 110])
  expect(model.targets.map(({ id }: { id: string }) => id)).toEqual(ids)
  for (const { capacity, capacityWithWork, p99Ratio, summaries, steps } of model.targets) {
    expect(capacity.median).toBeGreaterThan(0)
    expect(capacityWithWork.median).toBeGreaterThan(0)
    expect(p99Ratio?.pairs ?? 1).toBe(1)
    expect(summaries.map(({ load }: { load: number }) => load)).toEqual([10, 70, 110])
    for (const step of steps) {
      expect(step.answered).toBeGreaterThan(0)
      expect(step.overloaded || step.answered === step.requests).toBe(true)
      expect([step.p50 <= step.p99, step.p99 <= step.p999, step.p999 <= step.max]).not.toContain(false)
      expect(step.workShare).toBeGreaterThan(0)
    }
  }
  const svg = readFileSync(json.replace('.json', '.svg'), 'utf8')
  for (const { label } of model.targets) expect(svg).toContain(`>${label}</text>`)
  expect(readFileSync(page, 'utf8')).toMatch(
    /^before\n<!-- throughput:begin -->\n[\s\S]*Tiny BERT[\s\S]*<!-- throughput:end -->\nafter\n$/,
  )
})
