// The command as a user runs it: a process of its own. The machine determines the times, so no test bounds them.
import { initialize } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { cli, quick, report, root } from './bench-support.ts'
import { expectGolden } from './golden.ts'

const { version } = initialize()

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
    .replaceAll(/^speedup.*$/gm, (line) => line.replaceAll(/ +/g, ' '))

const bert = ['--shape', 'input_0=1x16', '--shape', 'input_1=1x16', '--range', 'input_0=0..255']

describe('the text of bench', () => {
  test.each([
    ['tiny_bert', bert],
    [
      'silero_v6',
      ['--shape', 'input=1x576', '--shape', 'state=2x1x128', '--range', 'sr=16000..16000', '--sync'],
    ],
    ['rapidocr_cls', ['--shape', 'x=1x3x48x192', '--async']],
  ])('equals the golden text, with numbers masked: %s', async (id, args) => {
    const { code, stdout, stderr } = await cli([`test/models/${id}/model.onnx`, ...args, ...quick], {
      cwd: root,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectGolden(`bench-${id}`, masked(stdout))
  })

  test('equals the golden text with --compare onnxruntime-node', async () => {
    const args = ['mlp.onnx', '--shape', 'x=4x128', '--runs', '2000', '--warmup', '20', '--threads', '1']
    const { code, stdout, stderr } = await cli([...args, '--compare', 'onnxruntime-node'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectGolden('bench-compare', masked(stdout))
  })
})

describe('bench', () => {
  test.each([[['--sync', '--async']], [['--compare', 'onnxruntime-node']]])(
    'measures a model whose output does not have its declared shape: %s',
    async (args) => {
      const { code, stdout, stderr } = await cli([
        'twice.onnx',
        '--shape',
        'x=1',
        ...quick,
        ...args,
        '--json',
      ])
      expect(code).toBe(0)
      expect(stderr).toContain("output 'y' declares the shape [batch]")
      for (const { runs } of JSON.parse(stdout).measured) expect(runs).toBe(50)
    },
  )

  test('measures the requested number of runs, with consistent statistics', async () => {
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
    const shortest = Math.min(
      ...measured.map((one: { microseconds: { min: number } }) => one.microseconds.min),
    )
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
      expect(histogram[0].from).toBeCloseTo(shortest, 6)
    }
  })

  test('omits percentiles that no run exceeds', async () => {
    const { measured } = await report('mlp.onnx', '--shape', 'x=1x128', '--runs', '20', '--sync')
    expect(Object.keys(measured[0].microseconds)).toEqual(['min', 'p50', 'p90', 'max', 'mean'])
  })

  test('measures for the given --seconds', async () => {
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

  test('measures models with strings, and with an output that ONNX Runtime allocates', async () => {
    const { inputs } = await report('strings.onnx', '--shape', 'a=3', '--shape', 'b=3', '--runs', '5')
    expect(inputs).toEqual(['a', 'b'].map((name) => ({ name, type: 'string', dims: [3] })))
    await report('non-zero.onnx', '--shape', 'x=8', '--runs', '5')
  })

  test('measures a model with the given shape of an output, and refuses any other shape', async () => {
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

  test('measures onnxruntime-node without runSync', async () => {
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
      stderr: 'binding.runSync() needs the native addon: use --async\n',
    })
  })
})

describe('--compare', () => {
  const compare = ['--compare', 'onnxruntime-node']

  test('reports each target, and the ratios of the rounds', async () => {
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

  test('rejects different results', async () => {
    const { code, stdout, stderr } = await cli(['random.onnx', ...quick, ...compare])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^the results differ, so there is nothing to compare: output 'y' is /)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test.each<[string[], string, string?]>([
    [['mlp.onnx'], 'the model leaves dimensions of its inputs open'],
    [['bfloat.onnx'], 'onnxruntime-node cannot create a session of the model on cpu: Unsupported data type'],
    [
      ['mlp.onnx', '--shape', 'x=1x128', '--sync'],
      'binding.runSync() needs the native addon: use --async',
      'onnxruntime-node',
    ],
  ])('reports the failure of a target without a stack: %j', async (args, says, engine) => {
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: engine }
    const { code, stdout, stderr } = await cli([...args, ...quick, ...compare], { env })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('omits the providers of onnxruntime-node', async () => {
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
    else expect(stderr).toContain('onnxruntime-node cannot create a session of the model on webgpu, cpu')
  })
})
