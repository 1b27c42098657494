// The command as a user runs it: a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialize } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { model, node, tensor, value } from '../helpers/onnx-graph.mjs'
import { runScript } from '../native/child.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'inspect-'))
const { version } = initialize()
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (args: string[], env: Record<string, string> = {}) =>
  runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args, { cwd: folder, env })

const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)
const sample = (dims: number[], data: number[], outputs?: number[]) => ({
  inputs: { x: { type: 'float32', dims, data }, scale: { type: 'int64', dims: [], data: [2] } },
  ...(outputs && { outputs: { y: { type: 'float32', dims, data: outputs } } }),
})
const samples = [
  sample([1, 2], [1, 2], [2, 4]),
  sample([2, 2], [1, 2, 3, 4], [2, 4, 6, 9]),
  sample([1, 3], [1, 2, 3]),
]

beforeAll(() => {
  write(
    'double.onnx',
    model({
      inputs: [value('x', 'float32', ['batch', 2])],
      outputs: [value('y', 'float32', ['batch', 2])],
      nodes: [node('Add', ['x', 'x'], ['y'])],
      initializers: [tensor('unused', 'float32', [1], [1])],
      producerName: 'pytorch',
      metadata: { task: 'doubling' },
    }),
  )
  write('samples.json', JSON.stringify({ samples }))
  write('good.json', JSON.stringify([{ inputs: { x: samples[0]!.inputs.x } }]))
  write('samples.mjs', `export default () => (${JSON.stringify(samples)})`)
  write('empty.mjs', 'export const other = 1')
  write('broken.json', '{')
})

describe('inspect', () => {
  test('shows the inputs and outputs of a model', async () => {
    const { code, stdout, stderr } = await cli(['inspect', 'double.onnx'])
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stderr: '',
      stdout: `double.onnx (read by ONNX Runtime ${version})
  IR version 8, operator sets: ai.onnx 17
  producer: pytorch
  task: doubling

  input   x  float32  [batch, 2]
  output  y  float32  [batch, 2]

  runs on cpu, after ONNX Runtime's basic optimizations:
    CPUExecutionProvider, 1 node: 1 Add

No warnings.
`,
    })
  })

  const report = `double.onnx (read by ONNX Runtime ${version})
  producer: pytorch
  task: doubling

  input   x  float32  [batch, 2]
  output  y  float32  [batch, 2]

  sample 0: x [1, 2], scale []: ran, largest difference 0.0
  sample 1: x [2, 2], scale []: ran, largest difference 1.0
  sample 2: x [1, 3], scale []: failed: ERR_SHAPE_MISMATCH: input 'x' has the wrong shape: expected [batch, 2], got [1, 3]

PROBLEM input-vanished: the model has no input 'scale': it has 'x'
  The exporter drops arguments that forward() does not use, and bakes in the traced values of those that are not tensors (int, float, bool, str). Pass a tensor and use it, or remove the argument.

PROBLEM output-mismatch: output 'y' is wrong: element 3 is 8, expected 9
  Tracing may have baked in a branch or a loop that depends on a value.

PROBLEM axis-fixed: axis 1 of 'x' is fixed at 2, and a sample has 3
  Name the axis in dynamic_axes (dynamic_shapes) when you export.

note run-failed: the model fails on sample 2: ERR_SHAPE_MISMATCH: input 'x' has the wrong shape: expected [batch, 2], got [1, 3]

3 problems.
`

  test.each(['samples.json', 'samples.mjs'])(
    'reports what the export lost, with --against %s',
    async (against) => {
      const { code, stdout, stderr } = await cli(['inspect', 'double.onnx', '--against', against])
      expect(stdout).toBe(report)
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    },
  )

  test('finds no problems with --against and a correct sample', async () => {
    const { code, stdout } = await cli(['inspect', 'double.onnx', '--against', 'good.json'])
    expect(stdout).toContain('sample 0: x [1, 2]: ran\n\nNo problems found.\n')
    expect(code).toBe(0)
  })

  test('prints the report with --json', async () => {
    const { code, stdout } = await cli(['inspect', '--json', 'double.onnx', '--against', 'samples.json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'double.onnx',
      engine: 'native',
      onnxruntime: version,
      inputs: [{ name: 'x', isTensor: true, type: 'float32', shape: ['batch', 2] }],
      metadata: { producerName: 'pytorch', customMetadata: { task: 'doubling' } },
      check: { ok: false, runs: [{ sample: 0 }, { sample: 1 }, { sample: 2 }] },
    })
  })

  test('prints the same on onnxruntime-node, without the metadata', async () => {
    const env = { ONNXRUNTIME_IOBINDING_ENGINE: 'onnxruntime-node' }
    const { code, stdout } = await cli(['inspect', 'double.onnx', '--against', 'samples.json'], env)
    expect(stdout).toBe(report.replace('  producer: pytorch\n  task: doubling\n', ''))
    expect(code).toBe(1)
  })
})

describe('the command line', () => {
  test.each([
    [['inspect'], 'inspect takes one model'],
    [['inspect', 'a.onnx', 'b.onnx'], 'inspect takes one model'],
    [['inspect', 'double.onnx', '--nonsense'], "unknown option '--nonsense'"],
    [['inspect', 'no.onnx'], 'no.onnx'],
    [['inspect', 'double.onnx', '--against', 'no.json'], "no such file or directory, open 'no.json'"],
    [['inspect', 'double.onnx', '--against', 'broken.json'], 'broken.json is not valid JSON'],
    [['inspect', 'double.onnx', '--against', 'empty.mjs'], 'empty.mjs has no default export'],
    [['inspect', 'double.onnx', '--against', 'double.onnx'], 'double.onnx'],
    [['inspect', 'double.onnx', '--against', '.'], 'illegal operation on a directory'],
    [['inspect', 'double.onnx', '--against', ''], 'no such file or directory'],
    [['inspect', 'double.onnx', '--against', `${'n'.repeat(300)}.mjs`], 'name too long'],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('rejects %j without a stack, with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await cli(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('lists commands and options for --help', async () => {
    expect(await cli(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('inspect     shows a model'),
    })
    expect(await cli(['inspect', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--against'),
    })
    expect(await cli(['inspect', '-h'])).toMatchObject({ code: 0 })
    expect(await cli([])).toMatchObject({ code: 2 })
    expect(await cli(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})
