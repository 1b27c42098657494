// What `bench` writes to files, and compares with them; several callers and numbers of threads.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, quick, report } from './bench-support.ts'

const folder = mkdtempSync(join(tmpdir(), 'bench-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string) => join(folder, name)
const mlp = ['mlp.onnx', '--shape', 'x=1x128', ...quick]

/** The saved report, with times of its own. */
const saved = () => JSON.parse(readFileSync(file('saved.json'), 'utf8'))
function baseline(change: (report: ReturnType<typeof saved>) => void): string[] {
  const copy = saved()
  change(copy)
  writeFileSync(file('changed.json'), JSON.stringify(copy))
  return ['--baseline', file('changed.json')]
}
const withTimes = (factor: number) =>
  baseline(({ measured }) => {
    for (const { microseconds } of measured) microseconds.p50 *= factor
  })

describe('a baseline', () => {
  beforeAll(async () => {
    const printed = await report(...mlp, '--save', file('saved.json'))
    expect(saved()).toEqual(printed)
  })

  test('that was slower gives exit code 0', async () => {
    const { code, stdout } = await cli([...mlp, ...withTimes(1e6)])
    expect(code).toBe(0)
    expect(stdout).toContain(`time divided by that of ${file('changed.json')}`)
    expect(stdout).not.toContain('SLOWER')
  })

  test('that was faster gives exit code 1, and names what is slower', async () => {
    const { code, stdout, stderr } = await cli([...mlp, ...withTimes(1e-6), '--tolerance', '25'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout.match(/SLOWER by more than 25 %/g)).toHaveLength(2)
  })

  test('is in the JSON, with what differs between the machines', async () => {
    const args = baseline(({ machine }) => {
      machine.cpu = 'an abacus'
    })
    const { stdout } = await cli([...mlp, ...args, '--tolerance', '1000', '--json'])
    const { baseline: compared, machine } = JSON.parse(stdout)
    expect(compared).toEqual({
      file: file('changed.json'),
      tolerance: 1000,
      machine: [`cpu an abacus -> ${machine.cpu}`],
      ratios: ['binding.runSync()', 'await binding.run()'].map((name) => ({ name, p50: expect.any(Number) })),
      isSlower: expect.any(Boolean),
    })
  })

  test.each<[string, () => string[], string]>([
    ['of another seed', () => [...withTimes(1), '--seed', '7'], 'has other seed: 1, and this run 7'],
    ['of other inputs', () => [...withTimes(1), '--range', 'x=0..2'], 'has other inputs: '],
    [
      'of other forms',
      () => baseline((report) => report.measured.pop()),
      "has no 'await binding.run()'; it has binding.runSync()",
    ],
    ['that is missing', () => ['--baseline', file('none.json')], 'ENOENT'],
    [
      'that is not a report',
      () => {
        writeFileSync(file('other.json'), '{}')
        return ['--baseline', file('other.json')]
      },
      'is not a file that bench --save wrote',
    ],
    ['that is not given', () => ['--tolerance', '5'], '--tolerance needs --baseline'],
  ])('is refused: %s', async (_, args, says) => {
    const { code, stdout, stderr } = await cli([...mlp, ...args()])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})

test('--svg writes a plot with a bar for each bucket, on one axis', async () => {
  const { measured } = await report(...mlp, '--threads', '1,2', '--svg', file('plot.svg'))
  const svg = readFileSync(file('plot.svg'), 'utf8')
  expect(svg).toMatch(/^<svg xmlns/)
  const buckets = measured[0].histogram.map(({ from }: { from: number }) => from)
  for (const { histogram } of measured) {
    expect(histogram.map(({ from }: { from: number }) => from)).toEqual(buckets)
  }
  expect(svg.match(/<title>/g)).toHaveLength(4 * buckets.length)
  expect(svg).toContain('>binding.runSync(), 2 threads</text>')
})

test('a file that cannot be written is an error', async () => {
  const { code, stderr } = await cli([...mlp, '--svg', join(folder, 'no', 'plot.svg')])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^--svg: ENOENT/)
  expect(existsSync(join(folder, 'no'))).toBe(false)
})

test('--threads 1,2 measures each number of threads', async () => {
  const { measured, machine } = await report(
    'mlp.onnx',
    '--shape',
    'x=1x128',
    '--runs',
    '20',
    '--threads',
    '1,2',
  )
  expect(machine).not.toHaveProperty('threads')
  expect(measured.map(({ name, threads }: { name: string; threads: number }) => [name, threads])).toEqual([
    ['binding.runSync(), 1 thread', 1],
    ['await binding.run(), 1 thread', 1],
    ['binding.runSync(), 2 threads', 2],
    ['await binding.run(), 2 threads', 2],
  ])
})

describe('--concurrency', () => {
  test.each([[[]], [['--compare', 'onnxruntime-node']]])(
    'measures callers at the same time: %j',
    async (args) => {
      const { measured, callers } = await report(...mlp, '--concurrency', '4', ...args)
      expect(callers).toBe(4)
      expect(measured).toHaveLength(args.length === 0 ? 1 : 2)
      for (const { runs, runsPerSecond, microseconds } of measured) {
        expect(runs).toBe(50)
        expect(runsPerSecond).toBeCloseTo(4e6 / microseconds.mean, 3)
      }
      const { stdout } = await cli([...mlp, '--concurrency', '4'])
      expect(stdout).toContain('intraOpNumThreads 1; 4 callers at the same time\n')
    },
  )

  test.each([
    [['--concurrency', '2', '--sync'], '--concurrency needs binding.run(): use --async'],
    [['--concurrency', '0'], '--concurrency: expected a number from 1'],
    [['--threads', '1,two'], "--threads: expected a number from 0 to 2147483647, got 'two'"],
  ])('refuses %j', async (args, says) => {
    const { code, stderr } = await cli(['mlp.onnx', '--shape', 'x=1x128', '--runs', '5', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(says)
  })
})
