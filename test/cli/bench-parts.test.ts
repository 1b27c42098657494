// The parts of `bench`: the values of inputs, percentiles, histograms.
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import type * as Inputs from '../../dist/tools/bench/inputs.js'
import type * as Statistics from '../../dist/tools/bench/statistics.js'
import type * as Text from '../../dist/tools/bench/text.js'
import { SMALL_FLOATS } from '../helpers/library.mjs'

const require = createRequire(import.meta.url)
const { fill } = require('../../dist/tools/bench/inputs.js') as typeof Inputs
const { commonAxis, histogram, quantile, spread, summarize } =
  require('../../dist/tools/bench/statistics.js') as typeof Statistics
const { digits } = require('../../dist/tools/bench/text.js') as typeof Text
type BenchInput = Inputs.BenchInput

const input = (type: BenchInput['type'], low: number, high: number): BenchInput => ({
  name: 'x',
  type,
  dims: [40, 50],
  range: { low, high },
})

describe('values', () => {
  test.each([
    ['int64', -3, 5],
    ['uint64', 0, 2],
    ['int32', -2147483648, 2147483647],
    ['int16', -7, -7],
    ['uint16', 0, 65535],
    ['int8', -128, 127],
    ['uint8', 250, 255],
    ['uint32', 4294967290, 4294967295],
    ['bool', 0, 1],
  ] as const)('are integers in the range, including both ends of a short one: %s', (type, low, high) => {
    const elements = Array.from(fill(input(type, low, high), 1) as ArrayLike<number | bigint>, Number)
    expect(elements).toHaveLength(2000)
    for (const element of elements) {
      expect(Number.isInteger(element)).toBe(true)
      expect(element >= low && element <= high).toBe(true)
    }
    if (high - low < 10) expect(new Set(elements).size).toBe(high - low + 1)
  })

  test.each(['float32', 'float64', 'float16', 'bfloat16'] as const)(
    'are fractions in the range: %s',
    (type) => {
      const data = fill(input(type, -2, 6), 1) as Uint16Array
      const elements = Array.from(
        data,
        (element) => SMALL_FLOATS[type as 'float16']?.decode(element) ?? element,
      )
      const mean = elements.reduce((sum, element) => sum + element, 0) / elements.length
      for (const element of elements) expect(element >= -2 && element <= 6).toBe(true)
      expect(mean).toBeCloseTo(2, 0)
      expect(new Set(elements).size).toBeGreaterThan(100)
    },
  )

  test('repeat for the same seed, and differ for another', () => {
    const of = (seed: number) => fill(input('float32', 0, 1), seed)
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  test('are single letters if they are strings', () => {
    const letters = fill({ name: 'x', type: 'string', dims: [300] }, 1) as string[]
    expect(letters).toHaveLength(300)
    for (const letter of letters) expect(letter).toMatch(/^[a-z]$/)
  })
})

describe('statistics', () => {
  const times = Float64Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000)

  test('summarize() computes percentiles', () => {
    expect(summarize(times)).toEqual({
      runs: 1000,
      runsPerSecond: expect.closeTo(1000 / 0.5005, 6),
      microseconds: {
        min: 1,
        p50: 501,
        p90: 901,
        p99: 991,
        p999: 1000,
        max: 1000,
        mean: expect.closeTo(500.5, 6),
      },
    })
    expect(quantile(Float64Array.of(7), 0.999)).toBe(7)
  })

  test('spread() computes the median and the quartiles', () => {
    expect(spread([4, 1, 3, 2])).toEqual({ median: 3, q1: 2, q3: 4 })
  })

  test.each([
    ['from 1 to 1000 µs', times],
    ['all the same', new Float64Array(20).fill(0.5)],
    ['one', Float64Array.of(3)],
    ['below the resolution of the clock', new Float64Array(5)],
    ['a few outliers', Float64Array.from([...Array(995).fill(0.01), 1, 2, 30, 400, 5000])],
    ['across nine powers of ten', Float64Array.from({ length: 900 }, (_, i) => 10 ** (i / 100 - 6))],
  ])('a histogram counts every run once, in adjacent buckets: %s', (_title, sorted) => {
    const buckets = histogram(sorted, commonAxis([sorted]))
    expect(buckets.length).toBeLessThanOrEqual(17)
    expect(buckets.reduce((sum, { runs }) => sum + runs, 0)).toBe(sorted.length)
    for (const [i, { from, to, runs }] of buckets.entries()) {
      if (i > 0) expect(from).toBe(buckets[i - 1]!.to)
      const within = sorted.filter((ms) => {
        const us = Math.max(ms, 1e-6) * 1000
        return us >= from * (1 - 1e-9) && (to === undefined || us < to * (1 - 1e-9))
      })
      expect(runs).toBe(within.length)
    }
  })

  test('histograms of a common axis have the same buckets, for the fastest and the slowest run', () => {
    const fast = Float64Array.of(0.001, 0.002)
    const slow = Float64Array.of(1, 2, 3)
    const axis = commonAxis([slow, fast])
    const [one, other] = [fast, slow].map((sorted) => histogram(sorted, axis)) as [
      Statistics.Bucket[],
      Statistics.Bucket[],
    ]
    expect(one.map(({ from, to }) => [from, to])).toEqual(other.map(({ from, to }) => [from, to]))
    expect(one[0]).toMatchObject({ from: 1, runs: 1 })
    expect(one.reduce((sum, { runs }) => sum + runs, 0)).toBe(2)
    expect(other.reduce((sum, { runs }) => sum + runs, 0)).toBe(3)
  })

  test('digits() keeps three digits', () => {
    expect([0.1234, 1.2345, 12.345, 123.45, 1234.5].map(digits)).toEqual([
      '0.12',
      '1.23',
      '12.3',
      '123',
      '1235',
    ])
  })
})
