// Every code block on every page is run, checked, or part of a program that is run. Any other block fails.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { afterAll, describe, expect, test } from 'vitest'
import { exampleFiles } from '../examples/examples.ts'
import { model, node, value } from '../helpers/model-builder.mjs'
import { allBlocks, type Block, PAGES, pageBlocks, root } from './pages.ts'
import { compile, expectRuns, isOfExample, programs } from './programs.ts'
import { isOfPythonFile } from './python.ts'

const blocks = allBlocks()
const named = blocks.map((block) => [`${block.page}:${block.line}`, block] as const)
const all = programs()
const deployment = readFileSync(join(root, 'test', 'bundlers', 'deployment.test.ts'), 'utf8')

/** The test that runs the programs of a device. */
const DEVICES: Readonly<Record<string, string>> = {
  cpu: 'below',
  linux: 'below',
  cuda: 'test/fake-cuda/docs.test.ts',
  webgpu: 'test/webgpu/docs.test.ts',
}

/** The test that covers a block: `below` in this file, or the named one. */
function coverage(block: Block): string | undefined {
  const { language, code, says } = block
  const before = blocks[blocks.indexOf(block) - 1]
  if (says.file !== undefined) return deployment.includes(`'${says.file}'`) ? 'test/bundlers' : undefined
  switch (language) {
    case 'js':
    case 'ts': {
      if (isOfExample(block)) return 'test/examples'
      const program = all.find(({ name }) => name === `${block.page}:${block.line}`)
      return program && DEVICES[program.device]
    }
    case 'sh':
    case 'powershell':
      return 'shell.test.ts'
    case 'json':
      if ('overrides' in JSON.parse(code)) return 'test/clients/overrides.test.ts'
      return 'samples' in JSON.parse(code) ? 'below' : undefined
    case 'python':
      return isOfPythonFile(block) ? 'test/examples, test/export' : says.setup && 'python.test.ts'
    case 'text':
      if ('output' in says && all.some(({ name }) => name === `${before?.page}:${before?.line}`))
        return 'below'
      return Object.keys(says).some((id) => /\.(legacy|dynamo)$/.test(id)) ? 'test/export' : undefined
  }
  return undefined
}

test('the pages contain blocks', () => {
  expect(PAGES.length).toBeGreaterThan(10)
  expect(blocks.filter(({ language }) => language === 'js').length).toBeGreaterThan(20)
})

test.each(named)('%s is covered', (_, block) => {
  expect(coverage(block)).toBeDefined()
})

describe('an uncovered block', () => {
  const block = (part: Partial<Block>): Block => ({
    page: 'README.md',
    line: 0,
    language: 'js',
    code: 'console.log(1)',
    says: {},
    ...part,
  })

  test.each([
    ['a language that no test runs', { language: 'yaml' }],
    ['no language', { language: '' }],
    ['text that no program prints', { language: 'text' }],
    ['Python that is not in a file', { language: 'python' }],
    ['JSON that is not a sample', { language: 'json', code: '{}' }],
    ['code that is not a program of any page', { page: 'docs/none.md' }],
  ])('is detected: %s', (_, part) => {
    expect(coverage(block(part))).toBeUndefined()
  })
})

describe('a program', () => {
  const compiled = compile(all)
  afterAll(() => compiled.remove())

  test.each(all.map((program) => [program.name, program] as const))('%s compiles', (_, program) => {
    expect(compiled.readErrors(program)).toBe('')
  })

  const here = all.filter(({ device }) => device === 'cpu' || device === process.platform)
  test.each(here.map((program) => [program.name, program] as const))('%s runs', async (_, program) => {
    await expectRuns(compiled, program)
  })

  const elsewhere = all.filter(({ device }) => device === 'linux' && process.platform !== 'linux')
  test.skip.each(elsewhere.map(({ name }) => [name]))('%s runs (skipped: not on Linux)', () => {})
})

test.each(named.filter(([, { language, code }]) => language === 'json' && 'samples' in JSON.parse(code)))(
  '%s passes the export check',
  async (_, { code }) => {
    const doubled = model({
      inputs: [value('x', 'float32', ['n'])],
      outputs: [value('y', 'float32', ['n'])],
      nodes: [node('Add', ['x', 'x'], ['y'])],
    })
    await using session = await InferenceSession.create(doubled)
    expect(await checkExport(session, JSON.parse(code))).toMatchObject({ ok: true })
  },
)

test('every example is run by a test and listed in the README', () => {
  const tests = ['programs', 'http-service', 'io-binding'].map((name) =>
    readFileSync(join(root, 'test', 'examples', `${name}.test.ts`), 'utf8'),
  )
  const files = exampleFiles()
  const listed = readFileSync(join(root, 'examples', 'README.md'), 'utf8')
  for (const { path } of files) {
    const [folderOrFile, name] = [path.split('/')[0]!, path.split('/').at(-1)!]
    const isImported = files.some(({ text }) => text.includes(`/${name}'`))
    if (!isImported)
      expect(
        tests.some((text) => text.includes(path)),
        path,
      ).toBe(true)
    expect(listed).toContain(`](${folderOrFile})`)
  }
})

test('every HTML comment before a block has known keys', () => {
  const says = pageBlocks('docs/exporting-from-pytorch.md').flatMap((block) => Object.keys(block.says))
  expect(says).toContain('branch.legacy')
  const known = /^(setup|on|output|file|[\w-]+\.(legacy|dynamo))$/
  for (const block of blocks) for (const key of Object.keys(block.says)) expect(key).toMatch(known)
})
