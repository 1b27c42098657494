// `tune` as a user runs it. The machine determines the times, so no test bounds them, or expects a setting to win.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import type * as Objective from '../../dist/tools/tune/objective.js'
import type * as Rounds from '../../dist/tools/tune/rounds.js'
import type * as Settings from '../../dist/tools/tune/settings.js'
import type * as Text from '../../dist/tools/tune/text.js'
import { mlp } from '../helpers/model-builder.mjs'
import { command, root } from './bench-support.ts'

const require = createRequire(import.meta.url)
const { OBJECTIVES } = require('../../dist/tools/tune/objective.js') as typeof Objective
const { isHopeless, ratio } = require('../../dist/tools/tune/rounds.js') as typeof Rounds
const { settings } = require('../../dist/tools/tune/settings.js') as typeof Settings
const { toText } = require('../../dist/tools/tune/text.js') as typeof Text

const shapes = ['--shape', 'x=1x128']

async function tuned(...args: string[]): Promise<Text.TuneReport> {
  const { code, stdout, stderr } = await command(['tune', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe.concurrent('tune', () => {
  test('tries settings with the results of the defaults, and measures beside onnxruntime-node', async () => {
    const report = await tuned('mlp.onnx', ...shapes, '--budget', '2')
    expect(report).toMatchObject({ model: 'mlp.onnx', objective: 'p50', callers: 1 })
    const used = report.tried.filter((setting) => setting.used)
    expect(report.options).toEqual(Object.fromEntries(used.map(({ option, value }) => [option, value])))
    for (const { results, ratio: times } of report.tried) {
      expect(results).toMatch(/^(identical|within tolerance)$/)
      expect(times!.median).toBeGreaterThan(0)
    }
    const names = report.compared.map(({ name }) => name)
    expect(names).toEqual(['default', ...(used.length > 0 ? ['tuned'] : []), 'onnxruntime-node'])
    expect(report.compared.at(-1)!.speedup.median).toBe(1)
    await (await InferenceSession.create(mlp(), report.options)).release()
  })

  test('uses several callers, and reports what the budget omits', async () => {
    const vad = [join(root, 'test', 'models', 'silero_v6', 'model.onnx'), '--range', 'sr=16000..16000']
    const shapes = ['--shape', 'input=1x576', '--shape', 'state=2x1x128']
    const args = ['--callers', '2', '--objective', 'throughput', '--budget', '0.1']
    const { callers, tried, untried } = await tuned(...vad, ...shapes, ...args)
    expect(callers).toBe(2)
    expect(tried.length + untried.length).toBe(settings(2, require('node:os').availableParallelism()).length)
    expect(untried).toContainEqual({ option: 'concurrentRuns', value: 'auto' })
  })

  test('fails for a model whose results differ from run to run', async () => {
    const { code, stderr } = await command(['tune', 'random.onnx', '--budget', '0.1'])
    expect(code).toBe(2)
    expect(stderr).toContain("the results differ from onnxruntime-node's: output 'y' is ")
  })

  test.each([
    [['mlp.onnx', '--objective', 'speed'], "--objective: expected p50, p99, throughput, got 'speed'"],
    [['mlp.onnx', '--budget', '0'], '--budget: expected a number from 0.1'],
    [[], 'tune takes one model'],
    [['none.onnx', ...shapes], 'none.onnx'],
  ])('refuses %s', async (args, message) => {
    const { code, stdout, stderr } = await command(['tune', ...args])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
  })
})

test('the objectives read a median, a tail and the time for each run of all callers', () => {
  const times = Float64Array.from({ length: 200 }, (_, i) => i + 1)
  expect(OBJECTIVES.p50!(times, 2)).toBe(101)
  expect(OBJECTIVES.p99!(times, 2)).toBe(199)
  expect(OBJECTIVES.throughput!(times, 2)).toBe(100.5 / 2)
})

test('a setting is given up after three rounds that are clearly slower', () => {
  expect(
    isHopeless([
      [1, 1],
      [2, 2],
    ]),
  ).toBe(false)
  expect(
    isHopeless([
      [1, 1, 1],
      [2, 1, 2],
    ]),
  ).toBe(true)
  expect(
    isHopeless([
      [1, 1, 1],
      [1, 2, 1],
    ]),
  ).toBe(false)
  expect(
    ratio([
      [2, 2, 2],
      [1, 1, 4],
    ]).median,
  ).toBe(0.5)
})

test('the text has the options to paste, and why a setting does not count', () => {
  const flat = { median: 0.5, q1: 0.5, q3: 0.5 }
  const text = toText({
    model: 'm.onnx',
    objective: 'p99',
    callers: 1,
    seconds: 3,
    machine: { cpu: 'CPU', cores: 2, load: 0.1, node: '20' },
    options: { intraOpNumThreads: 1 },
    tried: [
      { option: 'intraOpNumThreads', value: 1, ratio: flat, used: true, results: 'identical' },
      { option: 'executionMode', value: 'parallel', used: false, reason: 'refused' },
    ],
    untried: [{ option: 'allowSpinning', value: false }],
    compared: [{ name: 'default', milliseconds: flat, speedup: flat }],
  })
  expect(text).toContain(
    'const session = await InferenceSession.create("m.onnx", {\n  "intraOpNumThreads": 1\n})',
  )
  expect(text).toMatch(/executionMode: "parallel" +- +- +refused/)
  expect(text).toMatch(/intraOpNumThreads: 1 +0.50 \(0.50..0.50\) +identical +used/)
  expect(text).toContain('1 setting untried: raise --budget')
})
