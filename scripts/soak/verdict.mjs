// Whether a process grows.

/** Of the samples: meanwhile V8 compiles what runs often, and the peaks between collections reach their size. */
const WARM_UP = 0.5
/** MiB a minute. A leak of 10 bytes a run is 10 times as much. */
export const MOST_GROWTH = 0.5
/** MiB a minute. Resident memory hides a leak of small objects while these fit pages that V8 has. V8's code grows by up to 0.1. */
export const MOST_HEAP_GROWTH = 0.2
/** MiB a minute, of the blocks that malloc has given out. */
export const MOST_MALLOC_GROWTH = 0.2
const MIB = 2 ** 20

/** @typedef {{ minute: number, rss: number, heapUsed: number, malloc?: number, handles: number, threads?: number, descriptors?: number }} Sample */

/** The median of the slopes between all pairs, which single outliers do not move. @param {[number, number][]} points */
export function slope(points) {
  const slopes = points.flatMap(([x, y], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y) / (x2 - x)))
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0
}

/**
 * @param {readonly Sample[]} samples
 * @returns {{ ok: boolean, lines: string[] }}
 */
export function verdict(samples) {
  const settled = samples.slice(Math.ceil(samples.length * WARM_UP))
  if (settled.length < 3) return { ok: false, lines: ['FAILED: three samples after the warm-up are needed'] }
  const growth = (key, name, most) => {
    const grown = slope(settled.map((sample) => [sample.minute, sample[key] / MIB]))
    return { ok: grown < most, text: `${name} grows by ${grown.toFixed(3)} MiB a minute, of at most ${most}` }
  }
  const [first, last] = [settled[0], settled.at(-1)]
  const checks = [
    growth('rss', 'resident memory', MOST_GROWTH),
    growth('heapUsed', 'JavaScript heap', MOST_HEAP_GROWTH),
    ...(first.malloc === undefined
      ? []
      : [growth('malloc', 'what malloc has given out', MOST_MALLOC_GROWTH)]),
    ...['handles', 'threads', 'descriptors']
      .filter((key) => first[key] !== undefined)
      .map((key) => ({
        ok: last[key] <= first[key],
        text: `${key}: ${first[key]}, at the end ${last[key]}`,
      })),
  ]
  return {
    ok: checks.every(({ ok }) => ok),
    lines: checks.map(({ ok, text }) => `${ok ? 'ok' : 'FAILED'}: ${text}`),
  }
}
