// `inspect` on a graph: operator sets, which provider runs which nodes, and warnings about bound runs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, initialize } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as GraphText from '../../dist/tools/inspect/graph-text.js'
import type * as Warnings from '../../dist/tools/inspect/warnings.js'
import { modelCases } from '../helpers/cases.mjs'
import { model, node, tensor, value } from '../helpers/onnx-graph.mjs'
import { oneWrong, threeDeclared, transposed, twice } from '../helpers/shape-models.mjs'
import { runScript } from '../native/child.ts'
import { expectGolden } from './golden.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'inspect-graph-'))
const { version } = initialize()
const require = createRequire(import.meta.url)
const { graphLines } = require('../../dist/tools/inspect/graph-text.js') as typeof GraphText
const { findWarnings } = require('../../dist/tools/inspect/warnings.js') as typeof Warnings
afterAll(() => rmSync(folder, { recursive: true }))

const cli = (args: string[], env: Record<string, string> = {}, cwd = folder) =>
  runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), ['inspect', ...args], { cwd, env })

beforeAll(async () => {
  writeFileSync(
    join(folder, 'odd.onnx'),
    model({
      inputs: [
        value('x', 'float32', ['n']),
        value('wide', 'float64', ['m']),
        value('unread', 'int64', [1]),
        value('any', 'float32'),
      ],
      outputs: [
        value('found', 'int64', [1, 'count']),
        value('twice', 'float32', ['n + n']),
        value('sum', 'float64', ['m']),
        value('same', 'float32'),
        value('known', 'float32', ['n']),
      ],
      nodes: [
        node('NonZero', ['x'], ['found'], {}, { name: 'look' }),
        node('Concat', ['x', 'x'], ['twice'], { axis: 0 }),
        node('Add', ['wide', 'wide'], ['sum']),
        node('Relu', ['any'], ['same']),
        node('Relu', ['x'], ['known']),
        node('Add', ['unread', 'one'], ['nowhere']),
      ],
      initializers: [tensor('one', 'int64', [1], [1n])],
      domains: { 'com.microsoft': 1 },
    }),
  )
  await using session = await InferenceSession.create(join(folder, 'odd.onnx'), {
    logSeverityLevel: 4,
    optimizedModelFilePath: join(folder, 'odd.ort'),
    extra: { session: { save_model_format: 'ORT' } },
  })
  expect(session.inputNames).toHaveLength(4)
})

const chosen = ['tiny_bert', 'silero_v6', 'asr_nemo80', 'tiny_gpt2_dyn_f32']
test('the models exist', () => {
  expect(modelCases().filter(({ id }) => chosen.includes(id))).toHaveLength(chosen.length)
})

test.each(chosen)('inspect prints the golden text of %s', async (id) => {
  const { code, stdout, stderr } = await cli([`test/models/${id}/model.onnx`], {}, root)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expectGolden(`inspect-${id}`, stdout.replace(version, 'VERSION'))
})

test('inspect prints the golden text of a model with all warnings', async () => {
  const { code, stdout } = await cli(['odd.onnx'])
  expect(code).toBe(0)
  expectGolden('inspect-odd', stdout.replace(version, 'VERSION'))
})

test('--json contains each warning, and the provider of each node', async () => {
  const { code, stdout } = await cli(['odd.onnx', '--json'])
  const { graph } = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(graph).toMatchObject({
    irVersion: 8,
    opsetImports: [
      { domain: '', version: 17 },
      { domain: 'com.microsoft', version: 1 },
    ],
    executionProviders: ['cpu'],
  })
  const found = graph.warnings.map((one: Record<string, string>) => [one.code, one.input ?? one.output])
  expect(found).toEqual([
    ['output-shape-from-data', 'found'],
    ['output-shape-not-declared', 'twice'],
    ['float64', 'wide'],
    ['input-unused', 'unread'],
    ['rank-unknown', 'any'],
    ['float64', 'sum'],
    ['rank-unknown', 'same'],
  ])
  for (const { remedy } of graph.warnings) expect(remedy).not.toBe('')
  const nodes = graph.assignment.flatMap((subgraph: { provider: string; nodes: { opType: string }[] }) => {
    expect(subgraph.provider).toBe('CPUExecutionProvider')
    return subgraph.nodes.map(({ opType }) => opType)
  })
  expect(nodes.sort()).toEqual(['Add', 'Add', 'Concat', 'NonZero', 'Relu', 'Relu'])
})

test('runs confirm the warnings about output shapes', async () => {
  await using session = await InferenceSession.create(join(folder, 'odd.onnx'), { logSeverityLevel: 4 })
  const shapes = { x: [3], wide: [2], unread: [1], any: [2, 2] }
  using binding = session.createIoBinding(shapes, { outputs: { twice: [6] } })
  binding.inputs.x.set([0, 1, 1])
  binding.runSync()
  expect(binding.outputValue('found')!.dims).toEqual([1, 2])
  binding.inputs.x.set([0, 0, 1])
  binding.runSync()
  expect(binding.outputValue('found')!.dims).toEqual([1, 1])
  expect(binding.outputValue('twice')!.dims).toEqual([6])
})

test.each([
  ['twice', twice(), 'y', ['[batch]', 'batch = 2', '[4]']],
  ['transposed', transposed(), 'y', ['[rows, columns]', '[3, 2]']],
  ['three', threeDeclared(), 'y', ['[1, 3]', '[2, 3]']],
  ['one-wrong', oneWrong(), 'wrong', ['[n]', 'n = 2', '[4]']],
])('warns of an output that does not have its declared shape: %s', async (name, bytes, output, says) => {
  writeFileSync(join(folder, `${name}.onnx`), bytes)
  const { code, stdout, stderr } = await cli([`${name}.onnx`, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { warnings } = JSON.parse(stdout).graph
  expect(warnings).toMatchObject([{ code: 'output-shape-wrong', output }])
  for (const part of says) expect(warnings[0].message).toContain(part)
})

test("inspect reports what is not available of a model in ONNX Runtime's own format", async () => {
  expect(readFileSync(join(folder, 'odd.ort')).toString('latin1', 4, 8)).toBe('ORTM')
  const { code, stdout } = await cli(['odd.ort'])
  expect(code).toBe(0)
  expect(stdout).toContain(
    "in ONNX Runtime's own format: IR version, operator sets and the graph are not available",
  )
  expect(stdout).toContain(
    "WARNING output-shape-unknown: output 'found' has a dimension that no input has: 'count'",
  )
  expect(stdout).not.toContain('input-unused')
})

test('inspect reports what is not available on onnxruntime-node', async () => {
  const { code, stdout } = await cli(['odd.onnx'], { ONNXRUNTIME_IOBINDING_ENGINE: 'onnxruntime-node' })
  expect(code).toBe(0)
  expect(stdout).toContain('runs on cpu; the onnxruntime-node engine does not report which nodes run where')
  expect(stdout).toContain('IR version 8, operator sets: ai.onnx 17, com.microsoft 1\n')
  expect(stdout).toContain('WARNING input-unused')
})

describe('--providers', () => {
  test('omits an unavailable device with a warning, and runs on the CPU', async () => {
    const { code, stdout, stderr } = await cli(['odd.onnx', '--providers', 'coreml,cpu'])
    expect(code).toBe(0)
    expect(stderr).toContain("'coreml' of executionProviders is skipped")
    expect(stdout).toContain('runs on cpu, after')
    expect(stdout).not.toContain('nodes-on-cpu')
  })

  test.each([
    ['coreml', "execution provider 'coreml' is not available"],
    ['nonsense', 'executionProviders'],
    ['cuda,,cpu', '--providers: expected names'],
    ['', '--providers: expected names'],
  ])('rejects %j without a stack, with exit code 2', async (list, says) => {
    const { code, stdout, stderr } = await cli(['odd.onnx', '--providers', list])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('warns about nodes that a device leaves to the CPU', () => {
    const subgraph = (provider: string, ...operators: string[]) => ({
      provider,
      nodes: operators.map((opType) => ({
        name: '',
        domain: opType === 'Gelu' ? 'com.microsoft' : '',
        opType,
      })),
    })
    const assignment = [
      subgraph('WebGpuExecutionProvider', 'MatMul', 'Add'),
      subgraph('CPUExecutionProvider', 'Shape'),
      subgraph('CPUExecutionProvider', 'Gelu'),
      subgraph('CPUExecutionProvider', 'Shape'),
    ]
    const inspected = { inputs: [], outputs: [], assignment }
    expect(findWarnings({ ...inspected, device: 'webgpu' })).toMatchObject([
      { code: 'nodes-on-cpu', message: '3 nodes run on the CPU: 2 Shape, 1 com.microsoft.Gelu' },
    ])
    expect(findWarnings({ ...inspected, device: 'cpu' })).toEqual([])
    const report = { executionProviders: ['webgpu', 'cpu'], assignment, warnings: [] }
    expect(graphLines({ ...report, assignmentIsWhole: false })).toEqual([
      "  runs on webgpu, cpu, after ONNX Runtime's basic optimizations:",
      '    WebGpuExecutionProvider, 2 nodes: 1 Add, 1 MatMul',
      '    CPUExecutionProvider, 3 nodes: 2 Shape, 1 com.microsoft.Gelu',
      '    and nodes in the layout NHWC, which ONNX Runtime does not report',
      '',
      'No warnings.',
    ])
  })
})
