import { page, series, svg } from '../../benchmarks/core/plot.mjs'

/** @param {readonly import('./verdict.mjs').Sample[]} samples @param {string[]} subtitle @returns an SVG file */
export function plot(samples, subtitle) {
  const panel = (title, measure) =>
    series(
      samples.map((sample) => ({ x: sample.minute, y: measure(sample) })),
      { title, width: 380, height: 130, xTitle: 'minutes' },
    )
  const panels = [
    panel('resident memory, MiB', ({ rss }) => rss / 2 ** 20),
    panel('JavaScript heap, MiB', ({ heapUsed }) => heapUsed / 2 ** 20),
    ...(samples[0]?.malloc === undefined
      ? []
      : [panel('given out by malloc, MiB', ({ malloc }) => malloc / 2 ** 20)]),
    panel('threads', ({ threads }) => threads),
    panel('file descriptors', ({ descriptors }) => descriptors),
    panel('handles of the event loop', ({ handles }) => handles),
  ]
  return svg(page({ title: 'Soak', subtitle, panels, columns: 2 }))
}
