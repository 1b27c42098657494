// `inspect --types` as its reader uses it: what it writes compiles strictly, and runs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { main } from '../../dist/tools/cli/main.js'
import { root, tsc } from '../examples/examples.ts'
import { zipMap } from '../helpers/kind-models.mjs'
import { concatStrings, identity, model, node, sequenceAt, tensor, value } from '../helpers/model-builder.mjs'
import { runScript, withoutWarnings } from '../native/child.ts'

/** Below the repository, where the package resolves itself by its name. */
const folder = join(root, 'build', `inspect-types-${process.pid}`)
beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  process.chdir(folder)
})
afterAll(() => {
  process.chdir(root)
  rmSync(folder, { recursive: true, force: true })
})

/** What the command prints; in this process, since there are many. */
async function cli(args: string[]) {
  const lines = { log: [] as string[], error: [] as string[] }
  const spies = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((line) => void lines[name].push(String(line))),
  )
  const code: number = await main(['inspect', ...args])
  for (const spy of spies) spy.mockRestore()
  return { code, stdout: lines.log.join('\n'), stderr: lines.error.join('\n') }
}

/** What the command writes for a model, in a file of its own. */
async function generate(path: string, file: string): Promise<string> {
  const { code, stdout, stderr } = await cli([path, '--types'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  writeFileSync(join(folder, file), stdout)
  return stdout
}

const compile = (files: readonly string[]) =>
  tsc(
    files.map((file) => join(folder, file)),
    ['--strict', '--exactOptionalPropertyTypes', '--rootDir', folder, '--outDir', join(folder, 'js')],
  )

/** What compiled programs print. */
async function run(files: readonly string[]): Promise<string> {
  const main = join(folder, 'js', 'main.mjs')
  const imports = files.map((file) => `await import('./${file.replace('.mts', '.mjs')}')`)
  writeFileSync(main, imports.join('\n'))
  const { code, stdout, stderr } = await runScript(main, [], { cwd: folder })
  expect({ code, stderr: withoutWarnings(stderr) }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('it writes the types of a model, and a program that runs it', async () => {
  writeFileSync(
    join(folder, 'plain.onnx'),
    model({
      inputs: [value('ids', 'int64', ['batch', 'sequence']), value('h', 'float16', [2])],
      outputs: [value('y', 'int64', ['batch', 'sequence']), value('h_out', 'float16', [2])],
      nodes: [node('Identity', ['ids'], ['y']), node('Identity', ['h'], ['h_out'])],
    }),
  )
  expect(await generate('plain.onnx', 'plain.mts')).toBe(`\
// The types of plain.onnx, by \`npx onnxruntime-iobinding inspect --types\`, and a program that runs it.
import { type ElementArrays, InferenceSession } from 'onnxruntime-iobinding'

export type Inputs = {
  /** int64 [batch, sequence] */
  ids: BigInt64Array
  /** float16 [2] */
  h: ElementArrays['float16']
}

export type Outputs = {
  /** int64 [batch, sequence] */
  y: BigInt64Array
  /** float16 [2] */
  h_out: ElementArrays['float16']
}

const session = await InferenceSession.create('plain.onnx')
const io = session.createIoBinding<Inputs, Outputs>({
  ids: [1, 128],
  h: [2],
})
io.inputs.ids.fill(0n)
io.inputs.h.fill(0)
await io.run()
console.log(io.outputs.y)
console.log(io.outputs.h_out)`)
})

test('it is what the page on TypeScript shows', async () => {
  const text = await generate(join(root, 'test', 'models', 'tiny_bert', 'model.onnx'), 'bert.mts')
  const renamed = text.replaceAll(/[^\s']*model\.onnx/g, 'bert.onnx')
  expect(readFileSync(join(root, 'docs', 'typescript.md'), 'utf8')).toContain(renamed)
})

/** Each would end a literal or a comment, run code, or mean something else, if it were written as it is. */
const HOSTILE = [
  '*/ process.exit(7) /*',
  '**//**/',
  "'",
  '"',
  '`',
  `\`\${process.exit(7)}\``,
  `\${process.exit(7)}`,
  '\\',
  "\\'",
  '\\u0027',
  '</script>',
  'a\nb',
  'a\r\nprocess.exit(7)',
  'a\u2028process.exit(7)',
  'a\u2029b',
  '\u0001',
  '\u001b[2J',
  '\u007f\u0085',
  '\u202e\u2066',
  '\ufeff',
  '\u200b',
  '\u{e0001}',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'prototype',
  'then',
  'class',
  'default',
  'await',
  'import',
  'null',
  'this',
  'yield',
  'enum',
  '0',
  '-1',
  '1e3',
  '0x10',
  'input.1',
  'a-b',
  'a b',
  '/model/Gather',
  'x:0',
  'a?',
  '[0]',
  '#x',
  '@ts-ignore',
  '// @ts-nocheck',
  'ünïcödé',
  '名前',
  '😀',
  '\u{1d4d0}',
  'e\u0301',
  'ª',
]

describe('hostile names', () => {
  const file = `we'ird \`\${process.exit(7)}\` *.onnx`

  test('of inputs, outputs and dimensions stay names', async () => {
    writeFileSync(
      join(folder, file),
      model({
        inputs: HOSTILE.map((name) => value(name, 'float32', [name, 1])),
        outputs: HOSTILE.map((name) => value(`${name} out`, 'float32', [name, 1])),
        nodes: HOSTILE.map((name) => node('Identity', [name], [`${name} out`])),
      }),
    )
    const text = await generate(file, 'hostile.mts')
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    const program = `${text}
const { inputNames } = session
const misspelt: string[] = inputNames.filter((name) => !(name in io.inputs))
console.log(JSON.stringify([inputNames, misspelt, Object.values(io.outputs).map(({ length }) => length)]))
`
    writeFileSync(join(folder, 'hostile.mts'), program)
    expect(compile(['hostile.mts'])).toBe('')
    const last = (await run(['hostile.mts'])).trim().split('\n').at(-1)!
    expect(JSON.parse(last)).toEqual([HOSTILE, [], HOSTILE.map(() => 1)])
  })
})

describe('the program', () => {
  const models = readdirSync(join(root, 'test', 'models')).filter((name) => !name.includes('.'))

  test('compiles and runs for every model of the tests, and for other types', async () => {
    const own: Record<string, Uint8Array> = {
      strings: concatStrings(),
      sequence: sequenceAt(),
      'zip-map': zipMap(),
      bfloat16: identity('bfloat16'),
      int4: identity('int4'),
      bool: identity('bool'),
      overridable: model({
        inputs: [value('x', 'float32', [1]), value('W', 'float32', [1])],
        outputs: [value('y', 'float32', [1])],
        nodes: [node('Add', ['x', 'W'], ['y'])],
        initializers: [tensor('W', 'float32', [1], [2])],
      }),
    }
    const files: string[] = []
    for (const [name, bytes] of Object.entries(own)) writeFileSync(join(folder, `${name}.onnx`), bytes)
    const paths = [
      ...models.map((name) => relative(folder, join(root, 'test', 'models', name, 'model.onnx'))),
      ...Object.keys(own).map((name) => `${name}.onnx`),
    ]
    const texts: string[] = []
    for (const [i, path] of paths.entries()) {
      files.push(`program${i}.mts`)
      texts.push(await generate(path, files[i]!))
      expect(texts[i], path).not.toContain('failed on zeros')
    }
    expect(compile(files)).toBe('')
    await run(files)
    const text = (name: string) => texts[paths.indexOf(`${name}.onnx`)]!
    expect(text('strings')).toContain('a: never')
    expect(text('overridable')).toContain('W?: Float32Array')
    expect(text('sequence')).toContain('OrtValue for each input that is not a tensor')
    expect(text('int4')).toContain("x: ElementArrays['int4']")
  })
})

test('--types goes with --providers alone', async () => {
  writeFileSync(join(folder, 'bool.onnx'), identity('bool'))
  for (const option of ['--json', '--against=x.json']) {
    const { code, stderr } = await cli(['bool.onnx', '--types', option])
    expect({ code, stderr }).toEqual({ code: 2, stderr: '--types goes with --providers only' })
  }
})
