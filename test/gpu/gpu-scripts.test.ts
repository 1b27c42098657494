// Rehearses the tests for a GPU machine.
import { appendFileSync, cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { modelCases } from '../helpers/cases.mjs'
import { loadCase } from '../helpers/test-data.mjs'
import { expectedModels } from './expected-models.mjs'
import { Context } from './harness.mjs'
import { BENCH, describePack, type Entry, folder, node, read, root, TEST } from './rehearsal.ts'
import { machineJournal } from './suite.mjs'

/** `.ci/run` adds up what is in it. */
const { TEST_REPORTS } = process.env

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

test('a test that is slow, but proceeds, reports it', () => {
  let reports = 0
  const context = new Context({}, { short: true, progress: () => reports++ })
  expect([...context.rounds(1000)].length).toBe(20)
  expect(reports).toBe(0)
  for (const round of context.rounds(2)) {
    if (round === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1001)
  }
  expect(reports).toBe(1)
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

describePack((alone) => {
  const out = join(alone, 'tests.jsonl')

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
})
