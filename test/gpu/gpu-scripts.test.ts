// Rehearses the suites for a GPU machine: the pack in an empty folder, with the fake driver's addon.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, initialized } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLines } from '../../benchmarks/core/journal.mjs'
import { modelCases } from '../helpers/cases.mjs'
import { loadCase } from '../helpers/test-data.mjs'
import { expectedModels, small } from './expected-models.mjs'
import { machineJournal } from './suite.mjs'

const root = join(import.meta.dirname, '..', '..')
const build = process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build'
const addon = join(root, build, 'fake-cuda', 'Release', 'onnxruntime_iobinding.node')
/** `.ci/run` adds up what is in it. */
const { TEST_REPORTS } = process.env
const folder = mkdtempSync(join(tmpdir(), 'gpu-scripts-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Entry {
  type: string
  id?: string
  status?: string
  rehearsal?: boolean
  gpus?: { name: string }[]
  [key: string]: unknown
}

const TEST = 'test/gpu/test.mjs'
const BENCH = 'benchmarks/suites/gpu/bench.mjs'

/** Runs a script in Node, with nothing of this test's environment but ONNX Runtime's library. */
function node(cwd: string, script: string, ...args: string[]) {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, ORT_DYLIB_PATH: initialized()!.libraryPath }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const read = (file: string): Entry[] => parseLines(readFileSync(file, 'utf8'))

beforeAll(async () => {
  // The other processes use the library that this process has found.
  const session = await InferenceSession.create(small('one-node'))
  await session.release()
})

test('the models equal those of their builder', () => {
  expect(node(root, 'test/gpu/build-models.mjs', '--check')).toMatchObject({ status: 0 })
})

test('data sets are read with and without a protobuf library alike', () => {
  const models = expectedModels()
  expect(models.length).toBeGreaterThan(9)
  for (const { id, dataSets } of models) {
    const expected = loadCase(modelCases().find((model) => model.id === id)!.dir).dataSets
    const [{ inputs, outputs }] = expected
    const names = (values: { name: string }[]) => values.map(({ name }) => name)
    expect(dataSets({ inputNames: names(inputs), outputNames: names(outputs) })).toEqual(expected)
  }
})

describe('a file of results', () => {
  const machine = { type: 'machine', rehearsal: false, gpus: [{ name: 'a', driver: '1' }], node: '20' }

  test('continues after an interrupted run', () => {
    const file = join(folder, 'cut.jsonl')
    machineJournal(file, machine).record({ type: 'test', id: 'one' })
    appendFileSync(file, '{"type":"test","id":"tw')
    const resumed = machineJournal(file, { ...machine, date: 'later' })
    expect(resumed.entries).toEqual([{ type: 'test', id: 'one' }])
    resumed.record({ type: 'test', id: 'two' })
    expect(read(file).map(({ id }) => id)).toEqual([undefined, 'one', 'two'])
  })

  test('belongs to one machine', () => {
    const file = join(folder, 'other.jsonl')
    machineJournal(file, machine)
    expect(() => machineJournal(file, { ...machine, rehearsal: true })).toThrow('of another machine or build')
    expect(machineJournal(file, { ...machine, rehearsal: true }, { fresh: true }).entries).toEqual([])
  })
})

describe('a script on a machine without a GPU', () => {
  // Where there is one, this would run the suites on it.
  test.skipIf(existsSync('/dev/nvidia0')).each([TEST, BENCH])('fails with a code: %s', (script) => {
    const out = join(folder, `${script.replaceAll('/', '-')}.jsonl`)
    const { status, stderr } = node(root, script, '--out', out)
    expect(stderr).toMatch(/^No GPU to run on: ERR_CUDA_DRIVER_NOT_FOUND: /m)
    expect(status).toBe(1)
    expect(existsSync(out)).toBe(false)
  })
})

const why = existsSync(addon) ? '' : `: SKIPPED, no ${addon} (npm run build:fake-cuda)`
describe.skipIf(!existsSync(addon))(`the pack in an empty folder, on the fake driver${why}`, () => {
  const pack = join(folder, 'pack')
  const alone = join(folder, 'alone')
  const out = join(alone, 'tests.jsonl')

  beforeAll(() => {
    expect(node(root, 'test/gpu/pack.mjs', '--out', pack, '--addon', addon)).toMatchObject({ status: 0 })
    cpSync(pack, alone, { recursive: true })
  })

  test('does not accept the fake driver as a GPU', () => {
    const { status, stderr } = node(alone, TEST, '--out', join(folder, 'fake.jsonl'))
    expect(stderr).toContain('the addon is built for the fake CUDA driver')
    expect(status).toBe(1)
  })

  test('test:gpu continues an interrupted run', () => {
    const first = node(alone, TEST, '--rehearse', '--out', out, '--budget', '0.5')
    expect(first.status).toBe(1)
    expect(first.stdout).toMatch(/REHEARSAL on the fake driver: \d+ passed, 0 failed, \d+ not run/)
    const early = read(out).filter(({ type }) => type === 'test')
    expect(early.length).toBeGreaterThan(0)

    const second = node(alone, TEST, '--rehearse', '--out', out, '--budget', '110')
    expect(second.stdout + second.stderr).toContain(`${early.length} are in the file already`)
    const [machine, ...entries] = read(out)
    expect(machine).toMatchObject({
      type: 'machine',
      suite: 'test',
      rehearsal: true,
      onnxruntime: expect.any(String),
    })
    expect(machine!.gpus![0]!.name).toContain('REHEARSAL')
    const tests = entries.filter(({ type }) => type === 'test')
    // What a graph of ONNX Runtime's CUDA provider may get wrong has no counterpart on the CPU.
    const needGpu = ({ id, status }: Entry) => status === 'skip' && id!.startsWith('graph-hazards/')
    expect(tests.filter((entry) => entry.status !== 'pass' && !needGpu(entry))).toEqual([])
    expect(new Set(tests.map(({ id }) => id)).size).toBe(tests.length)
    expect(entries.every(({ rehearsal }) => rehearsal === true)).toBe(true)
    if (TEST_REPORTS !== undefined) cpSync(out, join(TEST_REPORTS, 'gpu-rehearsal.jsonl'))
    expect(entries.at(-1)).toMatchObject({ type: 'end', failed: 0, notRun: 0 })
    expect(second.status).toBe(0)
    console.log(`test:gpu rehearsed: ${tests.length} tests`)
  })

  test('test:gpu does not repeat tests in the file', () => {
    const { status, stdout } = node(alone, TEST, '--rehearse', '--out', out, '--only', 'basic,places')
    expect(stdout).toContain('9 are in the file already')
    expect(status).toBe(0)
  })

  test('test:gpu runs a few tests in one process', () => {
    const short = join(alone, 'short.jsonl')
    const args = ['--rehearse', '--only', 'short', '--in-process', '--out', short]
    expect(node(alone, TEST, ...args)).toMatchObject({ status: 0 })
    expect(read(short).filter(({ type }) => type === 'test').length).toBeGreaterThan(5)
  })

  test('once.sh ends within its total time, and records the result of each step', () => {
    const results = join(folder, 'once')
    const budgets = { doctor: 6, driver: 3, tests: 4, sanitizer: 1, bert: 1, race: 2, copies: 1, rest: 30 }
    const steps = Object.entries(budgets).map((entry) => entry.join('='))
    const total = 19
    const { PATH, HOME } = process.env
    const env = { PATH, HOME, ORT_DYLIB_PATH: initialized()!.libraryPath }
    const options = ['--total', `${total}`, '--steps', `${steps}`, '--python', 'no-such-python']
    const args = ['scripts/gpu/once.sh', 'proof', '--out', results, '--rehearse', '--quick', ...options]
    // It ends by itself: this limit is for a fault.
    const { signal, stdout } = spawnSync('bash', args, { cwd: alone, env, encoding: 'utf8', timeout: 60_000 })
    expect(signal).toBe(null)

    const entries = parseLines(readFileSync(join(results, 'proof.jsonl'), 'utf8')) as unknown as {
      step: string
      status: string
      limit?: number
      at: number
    }[]
    const ended = entries.filter(({ status }) => status !== 'begun')
    expect(ended.map(({ step }) => step)).toEqual(Object.keys(budgets))
    expect(ended.every(({ status }) => ['passed', 'failed', 'cut', 'skipped'].includes(status))).toBe(true)
    expect(ended.find(({ step }) => step === 'bert')).toMatchObject({ status: 'skipped' })
    // No step is given more than what is left of the total.
    expect(entries.filter(({ limit = 0, at, status }) => status === 'begun' && at + limit > total)).toEqual(
      [],
    )
    for (const step of Object.keys(budgets)) expect(stdout).toContain(`| ${step} | `)
    // As many as come back from a GPU machine.
    expect(readdirSync(results).length).toBeLessThanOrEqual(8)
    expect(readFileSync(join(results, 'index.md'), 'utf8')).toContain(`of ${total} s`)
  })

  test('once.sh refuses an unknown step', () => {
    const args = ['scripts/gpu/once.sh', 'proof', '--out', join(folder, 'unknown')]
    const { status, stderr } = spawnSync('bash', [...args, '--total', '9', '--steps', 'no_such_step=1'], {
      cwd: alone,
      encoding: 'utf8',
    })
    expect(stderr).toContain('--steps no_such_step=1: expected NAME=SECONDS')
    expect(status).toBe(2)
  })

  test('bench:gpu measures within its budget, and continues', () => {
    const figures = join(alone, 'bench.jsonl')
    const args = ['--rehearse', '--out', figures, '--python', 'no-such-python']
    const targets = ['--targets', 'sync-spin,async,graph,python-binding']
    const few = [...args, ...targets, '--only', 'race/one-node,copies,in-flight']
    const first = node(alone, BENCH, ...few, '--budget', '0.1')
    expect(first.status).toBe(1)
    expect(first.stdout).toContain('NOT RUN, out of time: ')
    const done = () => read(figures).filter(({ id, type }) => id !== undefined && type !== 'round').length
    expect(done()).toBe(1)
    // On a slow machine each item takes more than its share of the time.
    let last = first
    for (let i = 1; i <= 2 && last.status !== 0; i++) last = node(alone, BENCH, ...few, '--budget', '3')
    expect(last).toMatchObject({ status: 0 })
    expect(done()).toBe(3)

    const [machine, ...entries] = read(figures)
    expect(machine).toMatchObject({ type: 'machine', suite: 'bench', rehearsal: true })
    expect(entries.every(({ rehearsal }) => rehearsal === true)).toBe(true)
    const race = entries.find(({ type }) => type === 'race')! as unknown as {
      targets: { id: string; p50?: number; notMeasured?: string }[]
    }
    expect(race.targets[0]).toMatchObject({ id: 'sync-spin', p50: expect.any(Number) })
    expect(race.targets.at(-1)!.notMeasured).toContain('no-such-python')
    expect(entries.at(-1)).toMatchObject({ type: 'end', notRun: [], failures: [] })
    // No table may look like a GPU's.
    for (const title of (first.stdout + last.stdout).matchAll(/^\*\*.*$/gm)) {
      expect(title[0]).toContain('REHEARSAL, no GPU')
    }

    const table = node(alone, 'benchmarks/suites/gpu/report.mjs', figures)
    expect(table.stdout).toMatch(/^REHEARSAL on a fake driver/)
    expect(table.stdout).toContain('**REHEARSAL, no GPU: One node')
  })
})
