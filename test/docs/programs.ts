// The JavaScript and TypeScript blocks as programs, compiled and run as a user's programs.
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { exampleFiles, tsc } from '../examples/examples.ts'
import { type Ended, runScript, withoutWarnings } from '../native/child.ts'
import { allBlocks, type Block, root } from './pages.ts'

export interface Program {
  /** Page and line. */
  readonly name: string
  /** The name of its file, without the extension. */
  readonly file: string
  readonly source: string
  readonly language: string
  readonly device: string
  /** The output that the page shows. */
  readonly output?: string
}

const preludes = join(import.meta.dirname, 'preludes')
const examples = exampleFiles()

const isCode = ({ language }: Block) => language === 'js' || language === 'ts'

/** Whether a block is a verbatim part of an example, which is run as a whole. */
export const isOfExample = ({ code, says }: Block) =>
  says.setup === undefined && examples.some(({ text }) => `\n${text}`.includes(`\n${code}\n`))

/** The programs of all pages: each block that is not part of an example, after its prelude. */
export function programs(): Program[] {
  const blocks = allBlocks()
  const found: Program[] = []
  for (const [i, block] of blocks.entries()) {
    if (!isCode(block) || isOfExample(block)) continue
    const { page, line, code, says } = block
    const prelude = says.setup === undefined ? '' : readFileSync(join(preludes, `${says.setup}.mts`), 'utf8')
    const next = blocks[i + 1]
    found.push({
      name: `${page}:${line}`,
      file: `${page.replace(/\W/g, '-')}-${line}`,
      source: prelude + code,
      language: block.language,
      device: says.on ?? 'cpu',
      ...(next?.page === page && 'output' in next.says && { output: next.code }),
    })
  }
  return found
}

/** Compiler options by language: JavaScript cannot declare the types of its parameters. */
const LENIENT = { js: ['--noImplicitAny', 'false', '--useUnknownInCatchVariables', 'false'], ts: [] }

/** Runs a program to its end and compares its output with the page's. */
export async function expectRuns(compiled: Compiled, program: Program): Promise<void> {
  const { code, stdout, stderr } = await compiled.run(program)
  const errors = program.device === 'cuda' ? withoutWarnings(stderr) : stderr
  expect({ code, stderr: errors }).toEqual({ code: 0, stderr: '' })
  if (program.output !== undefined) expect(stdout.trim()).toBe(program.output)
}

export interface Compiled {
  /** TypeScript's errors of a program. */
  readErrors(program: Program): string
  run(program: Program): Promise<Ended>
  remove(): void
}

/** Compiles programs strictly into build/, where the package resolves itself by name. */
export function compile(all: readonly Program[]): Compiled {
  const folder = join(root, 'build', `docs-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const paths = all.map(({ file, source }) => {
    const path = join(folder, `${file}.mts`)
    writeFileSync(path, source)
    return path
  })
  const folders = ['--strict', '--rootDir', folder, '--outDir', folder]
  const said = Object.entries(LENIENT).flatMap(([language, lenient]) => {
    const files = paths.filter((_, i) => all[i]!.language === language)
    return files.length === 0 ? [] : tsc(files, [...folders, ...lenient]).split('\n')
  })
  const cwd = workingFolder(folder)
  return {
    readErrors: ({ file }) => said.filter((line) => line.includes(`${file}.mts(`)).join('\n'),
    run: ({ file }) => runScript(join(folder, `${file}.mjs`), [], { cwd }),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** The working directory of programs and commands: the models that the pages name, and the repository's test/. */
export function workingFolder(below: string): string {
  const folder = join(below, 'cwd')
  const bert = join(root, 'test', 'models', 'tiny_bert')
  mkdirSync(folder)
  for (const name of ['bert.onnx', 'model.onnx']) copyFileSync(join(bert, 'model.onnx'), join(folder, name))
  copyFileSync(join(bert, 'model.sample.json'), join(folder, 'bert.sample.json'))
  symlinkSync(join(root, 'test'), join(folder, 'test'), 'junction')
  return folder
}
