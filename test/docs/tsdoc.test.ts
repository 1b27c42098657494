// Every public class and method has an @example, which compiles and runs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as common from 'onnxruntime-common'
import * as library from 'onnxruntime-iobinding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tsc } from '../examples/examples.ts'
import { adapterFile } from '../helpers/adapter-file.ts'
import { model, node, tensor, value } from '../helpers/model-builder.mjs'
import { runScript } from '../native/child.ts'
import { root } from './pages.ts'

interface Example {
  /** Below lib/. */
  readonly file: string
  /** Name of the class, method, function or constant. */
  readonly name: string
  readonly code: string
}

/** The examples of a file: the text between `@example` and the next tag, without the comment's stars. */
function readExamples(file: string): Example[] {
  const text = readFileSync(join(root, 'lib', file), 'utf8')
  const comments = text.matchAll(
    /\/\*\*\n([\s\S]*?)\*\/\n\s*(?:export |static |async |const |class |function |get )*(\w+)/g,
  )
  return [...comments].flatMap(([, comment, name]) => {
    const lines = comment!.split('\n').map((line) => line.replace(/^\s*\* ?/, ''))
    const example = /^@example\n([\s\S]*?)(?=^@\w|$(?![\s\S]))/m.exec(lines.join('\n'))?.[1]
    return example === undefined ? [] : [{ file, name: name!, code: example.trim() }]
  })
}

const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && !name.startsWith('tools/'))
const examples = files.flatMap(readExamples)

// initialize() comes before everything that opens ONNX Runtime.
const ordered = [...examples].sort(
  (a, b) => Number(b.name === 'initialize') - Number(a.name === 'initialize'),
)

const PRELUDE = `
import * as common from 'onnxruntime-common'
import * as library from 'onnxruntime-iobinding'
import { register } from 'onnxruntime-iobinding/backend'
import {
  buildInfo, compileModel, copyTensors, deviceMemory, getEpDevices, modelCompatibility, InferenceSession, initialize, initialized, isOrtError, listSupportedBackends,
  LoraAdapter, memoryStats, ORT_ERROR_CODES, OrtError, OrtRangeError, OrtTypeError, OrtValue, preload,
  registerExecutionProviderLibrary, SharedWeights, Tensor, unregisterExecutionProviderLibrary,
} from 'onnxruntime-iobinding'
const results: (string | undefined)[] = []
async function attempt(example: () => Promise<void>): Promise<void> {
  try {
    await example()
    results.push(undefined)
  } catch (error) {
    results.push(String(error))
  }
}
const open = () => InferenceSession.create('model.onnx')
const bind = async () => {
  const io = (await open()).createIoBinding({ x: [1, 4] })
  io.runSync()
  return io
}
`

/** What an example may use besides the package's exports, where it does not declare it. */
const CONTEXT: Readonly<Record<string, string>> = {
  session: 'const session = await open()',
  io: 'const io = await bind()',
  value: "const value = OrtValue.fromTensor(new Tensor('float32', [1, 2, 3, 4], [1, 4]))",
  sequence: "const sequence = OrtValue.sequence([OrtValue.allocate('float32', [2])])",
}

function toFunction({ code }: Example): string {
  const context = Object.entries(CONTEXT).filter(
    ([name]) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`(const|using) ${name}\\b`).test(code),
  )
  const lines = [...context.map(([, declaration]) => declaration), code].join('\n')
  return `await attempt(async () => {\n${lines}\n})`
}

const folder = join(root, 'build', `tsdoc-${process.pid}`)
let diagnostics: string
let results: readonly (string | null)[]

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  const identity = model({
    inputs: [value('x', 'float32', ['batch', 4])],
    outputs: [value('y', 'float32', ['batch', 4])],
    nodes: [node('Identity', ['x'], ['y'])],
  })
  writeFileSync(join(folder, 'model.onnx'), identity)
  const matmul = model({
    inputs: [value('x', 'float32', [1, 2])],
    outputs: [value('y', 'float32', [1, 2])],
    nodes: [node('MatMul', ['x', 'W'], ['y'])],
    initializers: [tensor('W', 'float32', [2, 2], [1, 2, 3, 4])],
  })
  writeFileSync(join(folder, 'matmul.onnx'), matmul)
  writeFileSync(join(folder, 'tenant.onnx_adapter'), adapterFile([]))
  const file = join(folder, 'examples.mts')
  const end = "console.log('\\n' + JSON.stringify(results.map((error) => error ?? null)))"
  writeFileSync(file, [PRELUDE, ...ordered.map(toFunction), end].join('\n'))
  diagnostics = tsc([file], ['--strict', '--rootDir', folder, '--outDir', folder])
  const { stdout, stderr, code } = await runScript(join(folder, 'examples.mjs'), [], { cwd: folder })
  if (code !== 0) throw new Error(stderr)
  results = JSON.parse(stdout.trim().split('\n').at(-1)!)
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the examples compile', () => {
  expect(diagnostics).toBe('')
})

test.each(ordered.map(({ name }, i) => [name, i] as const))('the example of %s runs', (_, i) => {
  expect(results[i]).toBeNull()
})

/** Names of the functions among an object's properties; accessors are not called. */
function functionNames(object: object): string[] {
  const internal = ['belongsTo', 'constructor', 'fromEngine', 'is', 'of', 'readAsync', 'startProfiling']
  return Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([name, { value: property }]) => typeof property === 'function' && !internal.includes(name))
    .map(([name]) => name)
}

const classes = { 'session/session.ts': library.InferenceSession, 'value/value.ts': library.OrtValue }
const more = {
  'binding/binding.ts': library.IoBinding,
  'batching/batcher.ts': library.Batcher,
  'batching/pool.ts': library.BindingPool,
}
const methods = Object.entries({ ...classes, ...more }).flatMap(([file, one]) =>
  [...functionNames(one), ...functionNames(one.prototype)].map((name) => [name, file] as const),
)
// onnxruntime-common has these as well; create() of a binding and of a batcher is internal.
const exports = Object.keys(library).filter(
  (name) => name === 'InferenceSession' || !(name === 'default' || name in common),
)
const wanted = [
  ...methods.filter(([name, file]) => !(name === 'create' && /^(binding|batching)/.test(file))),
  ...exports.map((name) => [name, ''] as const),
]

test.each(wanted)('%s of %s has an example', (name, file) => {
  expect(examples.filter((example) => example.file.endsWith(file)).map((example) => example.name)).toContain(
    name,
  )
})
