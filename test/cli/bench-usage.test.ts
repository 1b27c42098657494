// What `bench` rejects, and its messages.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, quick, report, root } from './bench-support.ts'

const MODELS = readdirSync(join(root, 'test', 'models'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

describe.concurrent('bench', () => {
  test.each([
    [[], 'bench takes one model'],
    [['no.onnx'], 'no.onnx'],
    [['mlp.onnx', '--nonsense'], "unknown option '--nonsense'"],
    [
      ['mlp.onnx'],
      'the model leaves dimensions of its inputs open:\n    x  [batch, 128]\n  Give their shapes, such as\n    npx onnxruntime-iobinding bench mlp.onnx --shape x=1x128\n',
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
      "--range: expected the lowest and the highest number, such as 0..1000, got 'x=1'",
    ],
    [['mlp.onnx', '--range', 'x=2..1'], "got 'x=2..1'"],
    [['gather.onnx', '--shape', 'id=2', '--range', 'id=0.5..1'], '--range: expected integers from'],
    [['half.onnx', '--range', 'x=0..65505'], "--range: expected numbers from -65504 to 65504 for 'x'"],
    [
      ['strings.onnx', '--shape', 'a=1', '--shape', 'b=1', '--range', 'a=0..1'],
      'holds strings, which have no range',
    ],
    [['float8.onnx'], "input 'x' is float8e4m3fn, which bench cannot fill"],
    [
      ['rankless.onnx'],
      "input 'x' is missing in 'inputs', and the model declares no shape: give it with --shape NAME=1x128",
    ],
    [['mlp.onnx', '--seconds', '1', '--runs', '1'], '--seconds and --runs are mutually exclusive'],
    [['mlp.onnx', '--seconds', 'soon'], "--seconds: expected a number from 0.001 to 3600, got 'soon'"],
    [['mlp.onnx', '--runs', '1.5'], "--runs: expected an integer, got '1.5'"],
    [['mlp.onnx', '--runs', '0'], '--runs: expected a number from 1'],
    [['mlp.onnx', '--compare', 'tensorflow'], "--compare: expected onnxruntime-node, got 'tensorflow'"],
    [['mlp.onnx', '--shape', 'x=1x128', '--graph'], "'enableGraphCapture' needs a device"],
    [
      ['mlp.onnx', '--shape', 'x=1x128', '--providers', 'coreml'],
      "execution provider 'coreml' is not available",
    ],
  ])('rejects %j without a stack, with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await cli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test.each(MODELS)('proposes a command that runs: %s', async (id) => {
    const path = join(root, 'test', 'models', id, 'model.onnx')
    const { code, stderr } = await cli([path, ...quick])
    const command = /^ +npx onnxruntime-iobinding bench (.*)$/m.exec(stderr)?.[1]
    // A model whose shapes are all fixed needs no options.
    expect(code).toBe(command === undefined ? 0 : 2)
    if (command !== undefined) await report(...command.split(' '), '--runs', '1', '--warmup', '0')
  })

  test('proposes a range where an index of 1 is in no table, and what was given', async () => {
    const { stderr } = await cli(['rows.onnx', ...quick])
    expect(stderr).toContain('bench rows.onnx --shape id=1x128 --range id=0..0\n')
    const { stderr: given } = await cli(['strings.onnx', '--shape', 'b=7'])
    expect(given).toContain('bench strings.onnx --shape b=7 --shape a=7\n')
  })

  test('says that the model failed on all that was tried', async () => {
    const { code, stderr } = await cli(['never.onnx'])
    expect(code).toBe(2)
    expect(stderr).toContain('The model failed on all that were tried, such as\n    npx')
  })

  test('reports what to try for a model that fails on its inputs', async () => {
    const { code, stdout, stderr } = await cli(['gather.onnx', '--shape', 'id=64', ...quick])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /^the model fails on these inputs: ERR_ORT_\w+: .*indices element out of data bounds/,
    )
    expect(stderr).toContain('unless --range NAME=0..1000 sets another range')
    expect(stderr).not.toMatch(/^ +at /m)
    await report('gather.onnx', '--shape', 'id=64', '--range', 'id=0..0', '--runs', '5')
  })

  test('lists the options for --help', async () => {
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
