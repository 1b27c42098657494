// bench:server: its report, and the command.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { timeWithChildren } from '../../benchmarks/core/quiet.mjs'
import { markdown } from '../../benchmarks/suites/server/report.mjs'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bench-server-'))
afterAll(() => rmSync(folder, { recursive: true }))

const delay = (p50: number) => ({ p50, p99: 2 * p50, max: 3 * p50 })
const one = (median: number) => ({ median, q1: median, q3: median })

test('the time of a process and of its children grows with their work', () => {
  const before = timeWithChildren(process.pid)
  spawnSync(process.execPath, ['-e', 'const end = Date.now() + 200; while (Date.now() < end);'])
  expect(timeWithChildren(process.pid)).toBeGreaterThan(before)
})

test('the report compares each kind of request with ours, and says what was not measured', () => {
  const row = (id: string, kind: string, us: number) => ({
    id,
    label: id,
    kind,
    us: one(us),
    perSecond: one(9),
  })
  const rows = [
    row('ours', 'binary', 100),
    row('ours', 'gRPC', 50),
    row('theirs', 'binary', 250),
    row('theirs', 'gRPC', 200),
    { id: 'other', label: 'other', kind: '', notMeasured: 'no Python' },
  ]
  const text = markdown({
    date: '2026-01-01',
    hardware: { cpu: 'CPU', cores: 2, memoryGiB: 4, system: 'linux' },
    versions: {},
    load: { before: 0, after: 0 },
    intraOpNumThreads: 1,
    seconds: 1,
    rounds: 3,
    servers: [{ title: 'MLP', rows }],
    batches: [],
    latencies: [],
    eventLoop: { title: 'MiniLM', callers: 32, requests: 99, ours: delay(0.1), idle: delay(2) },
  })
  const cells = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const times = Object.fromEntries(cells.map(([, label, , times]) => [label, times]))
  expect(times).toMatchObject({ 'theirs, binary': '2.50', 'theirs, gRPC': '4.00', 'ours, gRPC': '1.00' })
  expect(text).toContain('Not measured: other: no Python.')
  expect(text.replaceAll('\n', ' ')).toContain(
    '0.10 / 0.20 / 0.30 ms; of an idle process beside it 2.00 / 4.00 / 6.00 ms',
  )
})

const isLong = Number(process.env.TEST_SERVER_FACTOR ?? 1) > 1

test.skipIf(!isLong)('bench:server -- --quick measures our server', { timeout: 300_000 }, () => {
  const [json, page] = [join(folder, 'quick.json'), join(folder, 'page.md')]
  writeFileSync(page, 'before\n<!-- server:begin -->old<!-- server:end -->\nafter\n')
  const script = join(root, 'benchmarks', 'suites', 'server', 'bench.mjs')
  const args = ['--quick', '--only', 'ours,ours-batching', '--json', json, '--markdown', page]
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const report = JSON.parse(readFileSync(json, 'utf8'))
  for (const { rows } of report.servers) {
    expect(rows.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...['binary', 'JSON', 'gRPC'],
      ...['binary', 'JSON', 'gRPC'],
    ])
    for (const { us } of rows) expect(us.median).toBeGreaterThan(0)
  }
  expect(readFileSync(json.replace('.json', '.svg'), 'utf8')).toContain('>batcher</text>')
  expect(readFileSync(page, 'utf8')).toMatch(
    /^before\n<!-- server:begin -->\n[\s\S]*<!-- server:end -->\nafter\n$/,
  )
})
