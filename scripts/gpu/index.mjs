// What a run of once.sh did, from its files of JSON lines: `node index.mjs FOLDER TOTAL SECONDS` writes index.md there.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseLines } from '../../benchmarks/core/journal.mjs'

const [folder, total, seconds] = process.argv.slice(2)

function readEntries(file) {
  const path = join(folder, file)
  if (!existsSync(path)) return []
  return parseLines(readFileSync(path, 'utf8'))
}

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
const oneLine = (text = '') => String(text).split('\n')[0].replaceAll('|', '/').slice(0, 300)

/** The last entry of each step: one that only began was cut off with the run. */
function steps(file) {
  const last = new Map(readEntries(file).map((entry) => [entry.step, entry]))
  const rows = [...last.values()].map(({ step, status, seconds, limit, reason }) => [
    step,
    status === 'begun' ? 'cut off with the run' : status,
    seconds ?? '',
    limit ?? '',
    oneLine(reason),
  ])
  return table(['step', 'outcome', 'seconds', 'of', 'reason'], rows)
}

function tests() {
  const all = readEntries('tests.jsonl').filter(({ type }) => type === 'test')
  // A test that was repeated counts once.
  const last = [...new Map(all.map((entry) => [entry.id, entry])).values()]
  const counts = {}
  for (const { status } of last) counts[status] = (counts[status] ?? 0) + 1
  const noted = last.filter(({ status }) => status !== 'pass')
  const rows = noted.map(({ id, status, known, reason }) => [id, status, oneLine(known), oneLine(reason)])
  const summary = Object.entries(counts).map(([status, count]) => `${status} ${count}`)
  return `${summary.join(', ') || 'none ran'}\n\n${rows.length ? table(['test', 'outcome', 'known as', 'seen'], rows) : ''}`
}

function figures(file) {
  const all = readEntries(file).filter(({ id, type }) => id !== undefined && type !== 'round')
  const rows = all.map(({ id, type, reason, targets = [] }) => {
    const missing = targets.filter(({ notMeasured }) => notMeasured)
    const reasons = missing.map((target) => `${target.id}: ${target.notMeasured}`).join('; ')
    return [id, type, `${targets.length - missing.length} of ${targets.length}`, oneLine(reason ?? reasons)]
  })
  return rows.length ? table(['item', 'kind', 'targets measured', 'reason'], rows) : 'none was measured'
}

const journals = readdirSync(folder).filter((file) => /^(base|proof)\.jsonl$/.test(file))
const sizes = readdirSync(folder).map((file) => `${file} ${statSync(join(folder, file)).size}`)
const text = [
  `Ended by itself after ${seconds} of ${total} s.`,
  ...journals.map((file) => `## ${file}\n\n${steps(file)}`),
  `## tests.jsonl\n\n${tests()}`,
  ...['bench.jsonl', 'bert.jsonl'].map((file) => `## ${file}\n\n${figures(file)}`),
  `## Files, in bytes\n\n${sizes.join(', ')}`,
].join('\n\n')
writeFileSync(join(folder, 'index.md'), `${text}\n`)
console.log(text)
