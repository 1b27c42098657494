// The command as a user runs it: a process of its own. No figure is held against a bound: they are the machine's.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialize } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  concatStrings,
  identity,
  mlp,
  model,
  node,
  nonZero,
  tensor,
  value,
} from '../helpers/model-builder.mjs'
import { runScript } from '../native/child.ts'
import { expectGolden } from './golden.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const { version } = initialize()
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (args: string[], { env = {}, cwd = folder } = {}) =>
  runScript(join(root, 'dist', 'cli.js'), ['bench', ...args], { cwd, env })

async function report(...args: string[]) {
  const { code, stdout, stderr } = await cli([...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Numbers, units and the machine are masked; the rows of a histogram, of which there may be any number, are one. */
const masked = (text: string) =>
  text
    .replaceAll(version, 'VERSION')
    .replace(/^.*; load average .*$/m, 'MACHINE')
    .replace(/^Node .*?; onnxruntime-iobinding \S+/m, 'Node N; onnxruntime-iobinding N')
    .replaceAll(/^ +[\d.]+ +(\.\. +[\d.]+|and more) +[\d.]+ %( +#*)?\n?/gm, 'ROW\n')
    .replaceAll(/(ROW\n)+/g, 'ROWS\n')
    .replaceAll(/^((await )?binding\.run(Sync)?\(\)|onnxruntime-node run) +\d.*$/gm, (line) =>
      line.replaceAll(/(?<=[\s(.])\d[\d.]*(?=[\s.)]|$)/g, 'N').replaceAll(/ +/g, ' '),
    )
    .replaceAll(/ (µs|ms)\b/g, ' UNIT')
    .replaceAll(/^ +runs.*$/gm, (line) => line.replaceAll(/ +/g, ' '))
    .replaceAll(/^times faster.*$/gm, (line) => line.replaceAll(/ +/g, ' '))

beforeAll(() => {
  writeFileSync(join(folder, 'mlp.onnx'), mlp())
  writeFileSync(join(folder, 'strings.onnx'), concatStrings())
  writeFileSync(join(folder, 'non-zero.onnx'), nonZero())
  writeFileSync(join(folder, 'float8.onnx'), identity('float8e4m3fn', [2]))
  writeFileSync(
    join(folder, 'gather.onnx'),
    model({
      inputs: [value('id', 'int64', ['n'])],
      outputs: [value('y', 'float32', ['n', 4])],
      nodes: [node('Gather', ['table', 'id'], ['y'])],
      initializers: [tensor('table', 'float32', [1, 4], [1, 2, 3, 4])],
    }),
  )
  writeFileSync(
    join(folder, 'random.onnx'),
    model({
      inputs: [value('x', 'float32', [4])],
      outputs: [value('y', 'float32', [4])],
      nodes: [node('RandomUniformLike', ['x'], ['r']), node('Add', ['x', 'r'], ['y'])],
    }),
  )
  writeFileSync(join(folder, 'half.onnx'), identity('float16', [2]))
  writeFileSync(join(folder, 'bfloat.onnx'), identity('bfloat16', [2]))
  writeFileSync(
    join(folder, 'rankless.onnx'),
    model({
      inputs: [value('x', 'float32')],
      outputs: [value('y', 'float32')],
      nodes: [node('Relu', ['x'], ['y'])],
    }),
  )
})

const quick = ['--runs', '50', '--warmup', '2', '--threads', '1']
const bert = ['--shape', 'input_0=1x16', '--shape', 'input_1=1x16', '--range', 'input_0=0..255']

describe('the whole text, with figures masked', () => {
  test.each([
    ['tiny_bert', bert],
    [
      'silero_v6',
      ['--shape', 'input=1x576', '--shape', 'state=2x1x128', '--range', 'sr=16000..16000', '--sync'],
    ],
    ['rapidocr_cls', ['--shape', 'x=1x3x48x192', '--async']],
  ])('%s', async (id, args) => {
    const { code, stdout, stderr } = await cli([`test/models/${id}/model.onnx`, ...args, ...quick], {
      cwd: root,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectGolden(`bench-${id}`, masked(stdout))
  })

  test('--compare onnxruntime-node', async () => {
    const args = ['mlp.onnx', '--shape', 'x=4x128', '--runs', '2000', '--warmup', '20', '--threads', '1']
    const { code, stdout, stderr } = await cli([...args, '--compare', 'onnxruntime-node'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectGolden('bench-compare', masked(stdout))
  })
})

describe('what it measures', () => {
  test('as many runs as asked for, in figures that fit each other', async () => {
    const { measured, inputs, machine } = await report(
      'mlp.onnx',
      '--shape',
      'x=2x128',
      '--runs',
      '1234',
      '--threads',
      '1',
    )
    expect(inputs).toEqual([{ name: 'x', type: 'float32', dims: [2, 128], range: { low: 0, high: 1 } }])
    expect(machine).toMatchObject({ engine: 'native', threads: 1, node: process.versions.node })
    expect(measured.map(({ name }: { name: string }) => name)).toEqual([
      'binding.runSync()',
      'await binding.run()',
    ])
    for (const {
      runs,
      microseconds: us,
      histogram,
      runsPerSecond,
      onnxruntime,
      executionProviders,
    } of measured) {
      expect({ runs, onnxruntime, executionProviders }).toEqual({
        runs: 1234,
        onnxruntime: version,
        executionProviders: ['cpu'],
      })
      const ordered = [us.min, us.p50, us.p90, us.p99, us.p999, us.max]
      expect(ordered).toEqual([...ordered].sort((a, b) => a - b))
      expect(us.min).toBeGreaterThan(0)
      expect(runsPerSecond).toBeCloseTo(1e6 / us.mean, 3)
      expect(histogram.reduce((sum: number, bucket: { runs: number }) => sum + bucket.runs, 0)).toBe(1234)
      expect(histogram[0].from).toBeCloseTo(us.min, 6)
    }
  })

  test('a percentile that no run lies beyond is left out', async () => {
    const { measured } = await report('mlp.onnx', '--shape', 'x=1x128', '--runs', '20', '--sync')
    expect(Object.keys(measured[0].microseconds)).toEqual(['min', 'p50', 'p90', 'max', 'mean'])
  })

  test('--seconds', async () => {
    const { measured } = await report(
      'mlp.onnx',
      '--shape',
      'x=1x128',
      '--seconds',
      '0.2',
      '--warmup',
      '0',
      '--async',
    )
    const [{ runs, microseconds }] = measured
    expect(measured).toHaveLength(1)
    // What lies between the runs is not in their times.
    expect((runs * microseconds.mean) / 1e6).toBeLessThanOrEqual((200_000 + microseconds.max) / 1e6)
    expect(runs).toBeGreaterThan(1)
  })

  test('strings, and an output that ONNX Runtime allocates', async () => {
    const { inputs } = await report('strings.onnx', '--shape', 'a=3', '--shape', 'b=3', '--runs', '5')
    expect(inputs).toEqual(['a', 'b'].map((name) => ({ name, type: 'string', dims: [3] })))
    await report('non-zero.onnx', '--shape', 'x=8', '--runs', '5')
  })

  test("an output's shape", async () => {
    await report('non-zero.onnx', '--shape', 'x=1', '--shape', 'y=1x1', '--range', 'x=1..2', '--runs', '5')
    const { code, stderr } = await cli([
      'non-zero.onnx',
      '--shape',
      'x=8',
      '--shape',
      'y=1x3',
      '--range',
      'x=1..2',
      ...quick,
    ])
    expect(code).toBe(2)
    expect(stderr).toContain('ERR_OUTPUT_SHAPE')
  })

  test('on onnxruntime-node, where there is no runSync', async () => {
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: 'onnxruntime-node' }
    const args = ['mlp.onnx', '--shape', 'x=1x128', ...quick, '--json']
    const { stdout } = await cli(args, { env })
    expect(JSON.parse(stdout)).toMatchObject({
      machine: { engine: 'onnxruntime-node' },
      measured: [{ name: 'await binding.run()', runs: 50 }],
    })
    const { code, stderr } = await cli([...args, '--sync'], { env })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'binding.runSync() needs the native addon: measure --async\n',
    })
  })
})

describe('--compare', () => {
  const compare = ['--compare', 'onnxruntime-node']

  test('has each contender, and the ratio of each round', async () => {
    const { measured } = await report(
      'mlp.onnx',
      '--shape',
      'x=4x128',
      '--runs',
      '1500',
      '--threads',
      '1',
      ...compare,
    )
    expect(measured.map(({ name, runs }: { name: string; runs: number }) => [name, runs])).toEqual([
      ['binding.runSync()', 1500],
      ['await binding.run()', 1500],
      ['onnxruntime-node run', 1500],
    ])
    for (const { ratios } of measured.slice(0, 2)) {
      expect(ratios.rounds).toBe(10)
      for (const { q1, median, q3 } of [ratios.p50, ratios.p99]) {
        expect(q1).toBeGreaterThan(0)
        expect(median).toBeGreaterThanOrEqual(q1)
        expect(q3).toBeGreaterThanOrEqual(median)
      }
    }
    expect(measured[2]).not.toHaveProperty('ratios')
  })

  test('results that differ are not compared', async () => {
    const { code, stdout, stderr } = await cli(['random.onnx', ...quick, ...compare])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^the results differ, so there is nothing to compare: output 'y' of /)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test.each<[string[], string, string?]>([
    [['mlp.onnx'], 'the model leaves dimensions of its inputs open'],
    [['bfloat.onnx'], 'onnxruntime-node opens no session of the model on cpu: Unsupported data type'],
    [
      ['mlp.onnx', '--shape', 'x=1x128', '--sync'],
      'binding.runSync() needs the native addon: measure --async',
      'onnxruntime-node',
    ],
  ])('what a contender of %j fails with is said without a stack', async (args, says, engine) => {
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: engine }
    const { code, stdout, stderr } = await cli([...args, ...quick, ...compare], { env })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('onnxruntime-node does not tell what it ran on', async () => {
    const args = [
      'mlp.onnx',
      '--shape',
      'x=1x128',
      '--providers',
      'webgpu,cpu',
      ...quick,
      ...compare,
      '--json',
    ]
    const env = { VK_DRIVER_FILES: '/nowhere/icd.json', VK_ICD_FILENAMES: '/nowhere/icd.json' }
    const { code, stdout, stderr } = await cli(args, { env })
    // It falls back to the CPU, or has no session: that it ran on WebGPU is not said.
    if (code === 0) expect(JSON.parse(stdout).measured.at(-1)).not.toHaveProperty('executionProviders')
    else expect(stderr).toContain('onnxruntime-node opens no session of the model on webgpu, cpu')
  })
})

describe('what cannot be done is said without a stack, with exit code 2', () => {
  test.each([
    [[], 'bench takes one model'],
    [['no.onnx'], 'no.onnx'],
    [['mlp.onnx', '--nonsense'], "Unknown option '--nonsense'"],
    [
      ['mlp.onnx'],
      'the model leaves dimensions of its inputs open:\n  x  [batch, 128]\nGive their shapes, such as\n  npx onnxruntime-iobinding bench mlp.onnx --shape x=1x128\n',
    ],
    [['strings.onnx', '--shape', 'a=7'], 'bench strings.onnx --shape a=7 --shape b=7\n'],
    [['mlp.onnx', '--shape', 'x'], "--shape: expected NAME=1x128, got 'x'"],
    [['mlp.onnx', '--shape', '=1'], "--shape: expected NAME=1x128, got '=1'"],
    [
      ['mlp.onnx', '--shape', 'x=1,128'],
      "--shape: expected sizes with x between them, such as 1x128, or 'scalar', got 'x=1,128'",
    ],
    [['mlp.onnx', '--shape', 'x=-1x128'], "got 'x=-1x128'"],
    [['mlp.onnx', '--shape', 'z=1x128'], "--shape: the model has no input or output 'z'; it has x, y"],
    [['mlp.onnx', '--shape', 'x=1x64'], "input 'x' has the wrong shape: expected [batch, 128], got [1, 64]"],
    [['mlp.onnx', '--shape', 'x=1'], "input 'x' has the wrong shape: expected [batch, 128], got [1]"],
    [
      ['mlp.onnx', '--shape', 'x=1x128', '--range', 'y=0..1'],
      "--range: the model has no input 'y'; it has x",
    ],
    [
      ['mlp.onnx', '--range', 'x=1'],
      "--range: expected the least number and the largest, such as 0..1000, got 'x=1'",
    ],
    [['mlp.onnx', '--range', 'x=2..1'], "got 'x=2..1'"],
    [['gather.onnx', '--shape', 'id=2', '--range', 'id=0.5..1'], '--range: expected integers from'],
    [['half.onnx', '--range', 'x=0..65505'], "--range: expected numbers from -65504 to 65504 for 'x'"],
    [
      ['strings.onnx', '--shape', 'a=1', '--shape', 'b=1', '--range', 'a=0..1'],
      'is of strings, which have no range',
    ],
    [['float8.onnx'], "input 'x' is float8e4m3fn, and bench has nothing to fill it with"],
    [
      ['rankless.onnx'],
      "input 'x' is missing in 'inputs', and the model declares no shape of it: give it by --shape NAME=1x128",
    ],
    [['mlp.onnx', '--seconds', '1', '--runs', '1'], '--seconds and --runs are one too many'],
    [['mlp.onnx', '--seconds', 'soon'], "--seconds: expected a number from 0.001 to 3600, got 'soon'"],
    [['mlp.onnx', '--runs', '1.5'], "--runs: expected an integer, got '1.5'"],
    [['mlp.onnx', '--runs', '0'], '--runs: expected a number from 1'],
    [['mlp.onnx', '--compare', 'tensorflow'], "--compare: expected onnxruntime-node, got 'tensorflow'"],
    [['mlp.onnx', '--shape', 'x=1x128', '--graph'], "'enableGraphCapture' needs a device"],
    [
      ['mlp.onnx', '--shape', 'x=1x128', '--providers', 'coreml'],
      "execution provider 'coreml' is not available",
    ],
  ])('%j', async (args, says) => {
    const { code, stdout, stderr } = await cli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('a model that does not run on what it is given says what to try', async () => {
    const { code, stdout, stderr } = await cli(['gather.onnx', '--shape', 'id=64', ...quick])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^the model does not run on these inputs: ERR_ORT_\w+: .*indices element out of data bounds/,
    )
    expect(stderr).toContain('unless --range NAME=0..1000 says otherwise')
    expect(stderr).not.toMatch(/^ +at /m)
    await report('gather.onnx', '--shape', 'id=64', '--range', 'id=0..0', '--runs', '5')
  })

  test('help', async () => {
    const { code, stdout } = await cli(['--help'])
    expect(code).toBe(0)
    for (const option of [
      'shape',
      'range',
      'seed',
      'providers',
      'threads',
      'sync',
      'async',
      'graph',
      'seconds',
    ]) {
      expect(stdout).toContain(`--${option}`)
    }
    for (const option of ['runs', 'warmup', 'compare', 'json']) expect(stdout).toContain(`--${option}`)
    expect(stdout).toContain('\n  onnxruntime-iobinding bench mlp.onnx\n')
  })
})
