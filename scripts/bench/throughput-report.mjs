// The results as Markdown.
import { describeGate } from './quiet.mjs'
import { markdownTable, setup } from './report.mjs'
import { digits } from './statistics.mjs'
import { COMPARED_AT } from './throughput-models.mjs'
import { MOST_WAITING, WORK_EVERY_MS, WORK_SHARE } from './throughput-race.mjs'
import { BASELINE } from './throughput-services.mjs'
import { KEEPS_UP, KNEE, tells } from './throughput-statistics.mjs'

export const BEGIN = '<!-- throughput:begin -->'
export const END = '<!-- throughput:end -->'

const ranged = ({ median, q1, q3 }) => `${digits(median)} (${digits(q1)}..${digits(q3)})`
const percent = (share) => `${Math.round(share * 100)} %`

/** A load's cell: latencies, or why there are none; a star where most repetitions did not keep up. */
function cell({ overloaded, repetitions, keptUp, requests, p50, p99, p999 }) {
  if (overloaded > 0) return `overloaded (${overloaded} of ${repetitions})`
  const star = keptUp > repetitions / 2 ? '' : ' *'
  const told = [p50.median, tells(requests, 0.99) ? p99.median : null, p999]
  return told.map((ms) => (ms === null ? '–' : digits(ms))).join(' / ') + star
}

function contenderTable({ contenders }) {
  const head = [
    '',
    'alone, a second',
    'with other work, a second',
    `p99 at ${COMPARED_AT} %, ms`,
    '× onnxruntime-node',
    'knee',
  ]
  const rows = contenders.map(({ id, label, capacity, capacityWithWork, summaries, p99Ratio, knee }) => {
    const compared = summaries.find(({ load }) => load === COMPARED_AT)
    const p99 = compared && (compared.overloaded > 0 ? 'overloaded' : ranged(compared.p99))
    const pairs = p99Ratio && p99Ratio.pairs < compared.repetitions ? ` of ${p99Ratio.pairs} pairs` : ''
    const ratio = id === BASELINE || !p99Ratio ? '' : ranged(p99Ratio) + pairs
    const kneeAt = summaries.length > 2 ? (knee === undefined ? 'none' : `${knee} %`) : ''
    const capacities = [capacity, capacityWithWork].map((spread) => (spread ? digits(spread.median) : ''))
    return [label, ...capacities, p99 ?? '', ratio, kneeAt]
  })
  return markdownTable([head, ...rows])
}

function loadTable({ contenders, loads }) {
  const rows = loads.map((load) => [
    `${load} %`,
    ...contenders.map(({ summaries }) => cell(summaries.find((summary) => summary.load === load))),
  ])
  return markdownTable([['offered', ...contenders.map(({ label }) => label)], ...rows])
}

function lateness({ generator }) {
  const steps = generator.map(({ load, lateness: { p50, p99, p999 } }) => {
    const us = [p50, p99, p999].map((ms) => digits(ms * 1000)).join(' / ')
    return `${us} µs at ${load} %`
  })
  return `The generator alone, with nothing to serve and no other work, sends late by ${steps.join(', ')}.`
}

function section(model) {
  const counts = model.contenders[0].steps.map(({ requests }) => requests)
  const range = [...new Set([Math.min(...counts), Math.max(...counts)])].join(' to ')
  return [
    `**${model.title}** (100 % are ${digits(model.reference)} requests a second; steps of ${range} requests)`,
    '',
    contenderTable(model),
    '',
    'Latency p50 / p99 / p99.9 in ms, by offered load:',
    '',
    loadTable(model),
    '',
    lateness(model),
  ].join('\n')
}

/** What the figures mean. */
function legend({ seconds, repetitions, otherWork }) {
  const work = otherWork
    ? `Other work (JSON) takes some ${percent(WORK_SHARE)} of the event loop's time at ${COMPARED_AT} % load: half of it is the ` +
      `requests' own handlers', half a timer's, every ${WORK_EVERY_MS} ms. `
    : 'There is no other work on the event loop. '
  return [
    'Open loop: requests are due by a Poisson process fixed before, and a latency counts from when the request was due, ' +
      'whatever held it up; all requests are counted. ',
    "100 % is what onnxruntime-node's `run` can do at most with nothing else on its event loop. ",
    work,
    `Every contender has a process of its own; at each load they take turns; ${repetitions} repetitions of steps of at least ${seconds} s: ` +
      'medians of these, and in brackets their quartiles (of three: the least and the most). p99.9 is that of all repetitions together; ' +
      'a percentile that too few requests tell is left out. ',
    `× onnxruntime-node: p99 at ${COMPARED_AT} % as a multiple of its own, by pairs of steps whose requests were due at the same times. `,
    `Knee: the highest load that is kept up with (at least ${percent(KEEPS_UP)} of it answered in its time; a star where it is not) with a p99 ` +
      `of at most ${KNEE} times the contender's own p50 at the lowest load. `,
    `Overloaded: more than ${MOST_WAITING} requests waited, which ended the step; such a pair of steps is not in the ratio, and the pairs that are left are then counted.`,
  ].join('')
}

/** @param {{ samples: number, rejected: number, notQuiet: number }[]} counts */
function total(counts) {
  const sum = (key) => counts.reduce((all, count) => all + count[key], 0)
  return { samples: sum('samples'), rejected: sum('rejected'), notQuiet: sum('notQuiet') }
}

export function markdown(report) {
  const { models, gate, missing } = report
  const gone = missing.length ? `\n\nNot measured, since the files are not here: ${missing.join(', ')}.` : ''
  return [
    BEGIN,
    setup(report),
    describeGate(gate, total(models.map(({ samples }) => samples))),
    '',
    legend(report),
    '',
    models.map(section).join('\n\n') + gone,
    END,
  ].join('\n')
}
