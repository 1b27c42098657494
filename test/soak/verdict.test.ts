// What the soak takes for growth.
import { expect, test } from 'vitest'
import { slope, verdict } from '../../scripts/soak/verdict.mjs'

const MIB = 2 ** 20
/** A sample a minute, which begins with a warm-up. */
const samples = (growth: number, last: object = {}, heapGrowth = 0, mallocGrowth = 0) =>
  Array.from({ length: 60 }, (_, minute) => ({
    minute,
    rss: (200 - 100 / (1 + minute) + growth * minute + 8 * (minute % 2)) * MIB,
    heapUsed: (8 + heapGrowth * minute + 0.2 * (minute % 2)) * MIB,
    malloc: (20 + mallocGrowth * minute) * MIB,
    handles: 1,
    threads: 18,
    descriptors: 20,
    ...(minute === 59 ? last : {}),
  }))

test('memory that rises and falls, behind a warm-up, does not grow', () => {
  expect(verdict(samples(0))).toMatchObject({ ok: true })
})

test('memory that grows by a MiB a minute grows', () => {
  expect(verdict(samples(1)).lines[0]).toMatch(/^FAILED: resident memory grows by 1\.\d+ MiB a minute/)
})

test('a JavaScript heap that grows in pages that V8 has is a failure', () => {
  const { ok, lines } = verdict(samples(0, {}, 0.3))
  expect(ok).toBe(false)
  expect(lines[1]).toMatch(/^FAILED: JavaScript heap grows by 0\.\d+ MiB a minute/)
})

test('blocks of malloc that grow in pages that it has are a failure', () => {
  const { ok, lines } = verdict(samples(0, {}, 0, 0.3))
  expect(ok).toBe(false)
  expect(lines[2]).toMatch(/^FAILED: what malloc has given out grows by 0\.\d+ MiB a minute/)
})

test.each(['handles', 'threads', 'descriptors'])('%s that remain are a failure', (key) => {
  const { ok, lines } = verdict(samples(0, { [key]: 21 }))
  expect(ok).toBe(false)
  expect(lines).toContainEqual(expect.stringContaining(`FAILED: ${key}`))
})

test('two samples after the warm-up are too few', () => {
  expect(verdict(samples(0).slice(0, 4))).toMatchObject({ ok: false })
})

test('the slope is that of most pairs of points', () => {
  expect(slope([0, 1, 2, 3, 4, 5, 6].map((x) => [x, x === 3 ? 100 : 2 * x]))).toBe(2)
})
