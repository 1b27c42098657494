// Whether a process grows.

/** Of the samples, which are the process on its way to its size. */
const WARM_UP = 0.25
/** MiB a minute. A leak of 10 bytes a run is 10 times as much. */
export const MOST_GROWTH = 0.5
const MIB = 2 ** 20

/** @typedef {{ minute: number, rss: number, handles: number, threads?: number, descriptors?: number }} Sample */

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
  const growth = slope(settled.map(({ minute, rss }) => [minute, rss / MIB]))
  const [first, last] = [settled[0], settled.at(-1)]
  const checks = [
    {
      ok: growth < MOST_GROWTH,
      text: `memory grows by ${growth.toFixed(3)} MiB a minute, of at most ${MOST_GROWTH}`,
    },
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
