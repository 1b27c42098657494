// The throughput report: tables and a plot.
import { lines, measuredOn, page } from '../../core/plot.mjs'
import { describeGate } from '../../core/quiet.mjs'
import { markdownTable, ranged, setup, wrap } from '../../core/report.mjs'
import { digits } from '../../core/statistics.mjs'
import { BASELINE } from '../../targets/services.mjs'
import { COMPARED_AT } from './models.mjs'
import { MOST_WAITING, WORK_EVERY_MS, WORK_SHARE } from './race.mjs'
import { determines, KEEPS_UP, KNEE, sustained } from './statistics.mjs'

export const MARKERS = /** @type {[string, string]} */ ([
  '<!-- throughput:begin -->',
  '<!-- throughput:end -->',
])

const percent = (share) => `${Math.round(share * 100)} %`

/** Latencies at a load, or why there are none; a star where most repetitions did not keep up. */
function cell({ overloaded, repetitions, keptUp, requests, p50, p99, p999 }) {
  if (overloaded > 0) return `overloaded (${overloaded} of ${repetitions})`
  const star = keptUp > repetitions / 2 ? '' : ' *'
  const known = [p50.median, determines(requests, 0.99) ? p99.median : null, p999]
  return known.map((ms) => (ms === null ? '–' : digits(ms))).join(' / ') + star
}

const TARGET_HEAD = ['', 'alone, /s', 'with other work, /s', `p99 at ${COMPARED_AT} %, ms`]

function targetRow({ id, label, capacity, capacityWithWork, summaries, p99Ratio, knee }) {
  const compared = summaries.find(({ load }) => load === COMPARED_AT)
  const p99 = compared && (compared.overloaded > 0 ? 'overloaded' : ranged(compared.p99))
  const pairs = p99Ratio && p99Ratio.pairs < compared.repetitions ? ` of ${p99Ratio.pairs} pairs` : ''
  const ratio = id === BASELINE || !p99Ratio ? '' : ranged(p99Ratio) + pairs
  const kneeAt = summaries.length > 2 ? (knee === undefined ? 'none' : `${knee} %`) : ''
  const capacities = [capacity, capacityWithWork].map((spread) => (spread ? digits(spread.median) : ''))
  return [label, ...capacities, p99 ?? '', ratio, kneeAt]
}

function loadTable({ targets, loads }) {
  const rows = loads.map((load) => [
    `${load} %`,
    ...targets.map(({ summaries }) => cell(summaries.find((summary) => summary.load === load))),
  ])
  return markdownTable([['offered', ...targets.map(({ label }) => label)], ...rows])
}

function lateness({ generator }) {
  const steps = generator.map(({ load, lateness: { p50, p99, p999 } }) => {
    const us = [p50, p99, p999].map((ms) => digits(ms * 1000)).join(' / ')
    return `${us} µs at ${load} %`
  })
  return wrap(
    `The load generator alone, with nothing to serve and no other work, is late by ${steps.join(', ')}.`,
  )
}

function section(model) {
  const counts = model.targets[0].steps.map(({ requests }) => requests)
  const range = [...new Set([Math.min(...counts), Math.max(...counts)])].join(' to ')
  return [
    wrap(
      `**${model.title}** (100 % is ${digits(model.reference)} requests per second; steps of ${range} requests)`,
    ),
    markdownTable([[...TARGET_HEAD, '× onnxruntime-node', 'knee'], ...model.targets.map(targetRow)]),
    'Latency p50 / p99 / p99.9 in ms, by offered load:',
    loadTable(model),
    lateness(model),
  ].join('\n\n')
}

/** The meaning of the figures. */
function legend({ seconds, repetitions, otherWork }) {
  const work = otherWork
    ? `Other work (JSON) takes about ${percent(WORK_SHARE)} of the event loop's time at ${COMPARED_AT} % load: half of it in the request handlers, half in a timer every ${WORK_EVERY_MS} ms.`
    : 'There is no other work on the event loop.'
  return wrap(
    [
      'Open loop: a Poisson process fixes in advance when requests are due. A latency counts from that time, whatever delayed the request, and all requests count.',
      "100 % is the most that onnxruntime-node's `run` achieves with nothing else on its event loop.",
      work,
      `Every target runs in its own process, and the targets take turns at each load. There are ${repetitions} repetitions of steps of at least ${seconds} s; the figures are medians of these, with quartiles in parentheses (of three: the minimum and the maximum). p99.9 covers all repetitions together. A percentile of too few requests is omitted.`,
      `× onnxruntime-node: p99 at ${COMPARED_AT} % as a multiple of onnxruntime-node's, by pairs of steps whose requests were due at the same times.`,
      `Knee: the highest load that the target keeps up with (it answers at least ${percent(KEEPS_UP)} in time; a star marks where it does not) with a p99 of at most ${KNEE} times its own p50 at the lowest load.`,
      `Overloaded: more than ${MOST_WAITING} requests waited, which ended the step. Such a pair of steps is not in the ratio, and the remaining pairs are counted.`,
    ].join(' '),
  )
}

/** The gate's totals over all models. */
function totals(models) {
  const sum = (key) => models.reduce((all, { samples }) => all + samples[key], 0)
  return { samples: sum('samples'), rejected: sum('rejected'), notQuiet: sum('notQuiet') }
}

export function markdown(report) {
  const { models, gate, missing } = report
  const parts = [
    setup(report),
    wrap(describeGate(gate, totals(models))),
    legend(report),
    ...models.map(section),
    ...(missing.length ? [`Not measured, because the files are missing: ${missing.join(', ')}.`] : []),
  ]
  return [MARKERS[0], parts.join('\n\n'), MARKERS[1]].join('\n')
}

/** The p99s of each target at the loads that it was not overloaded at, for `lines`. */
export const latencyPoints = (targets) =>
  targets.flatMap(({ label, summaries }) =>
    summaries
      .filter(({ overloaded }) => overloaded === 0)
      .map((at) => ({
        label,
        x: at.load,
        y: at.p99.median,
        from: at.p99.q1,
        to: at.p99.q3,
        hollow: !sustained(at),
      })),
  )

/** A panel for each model with three loads or more: a line per target through its p99s. */
export function plot(report) {
  const panels = report.models
    .filter(({ loads }) => loads.length > 2)
    .map(({ title, targets }) => ({
      title,
      values: latencyPoints(targets),
    }))
    .filter(({ values }) => values.length > 0)
    .map(({ title, values }) =>
      lines(values, {
        title,
        width: 640,
        height: 340,
        xTitle: 'offered load, %',
        yTitle: 'p99, ms (logarithmic)',
      }),
    )
  if (panels.length === 0) return undefined
  const subtitle = [
    "100 % is the capacity of onnxruntime-node's run. Less is better.",
    'Whiskers: quartiles; hollow: the target did not keep up.',
    measuredOn(report),
  ]
  return page({ title: 'p99 latency by offered load', subtitle, panels })
}
