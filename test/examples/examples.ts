import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tool } from '../../scripts/run.mjs'
import { blocksOfPage, root } from '../docs/pages.ts'

export { root }

/** TypeScript's errors of files with the options of a user's project; `''` if there are none. */
export function tsc(files: readonly string[], options: readonly string[]): string {
  const project = ['--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', '--types', 'node']
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [tool('typescript', 'tsc'), ...files, '--ignoreConfig', ...project, ...options],
    { encoding: 'utf8', cwd: root },
  )
  if (error !== undefined) throw error
  return stdout + stderr
}

/** Compiles an example strictly, as a user's project would, into build/, where the package resolves itself by name. */
export function compileExample(file: string): { script: string; remove: () => void } {
  const outDir = join(root, 'build', `examples-${process.pid}`)
  const source = join(root, 'examples', file)
  const errors = tsc([source], ['--strict', '--rootDir', join(root, 'examples'), '--outDir', outDir])
  if (errors !== '') throw new Error(errors)
  const script = join(outDir, file.replace(/\.mts$/, '.mjs'))
  return { script, remove: () => rmSync(outDir, { recursive: true }) }
}

export interface ExampleFile {
  /** Relative to examples/. */
  readonly path: string
  readonly text: string
}

/** Every program in examples/, in any language. */
export function exampleFiles(): ExampleFile[] {
  const folder = join(root, 'examples')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(mjs|mts|py)$/.test(path))
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8') }))
}

/** The parts of an example between its markers (`// [name]`), by name. */
export function partsOf(file: string): Map<string, string> {
  const parts = new Map<string, string>()
  const text = readFileSync(join(root, 'examples', file), 'utf8')
  for (const [, name, body] of text.matchAll(/^(?:\/\/|#) \[(\w+)\]\n([\s\S]*?)(?=^(?:\/\/|#) \[)/gm)) {
    parts.set(name!, body!.trim())
  }
  return parts
}

/** The code blocks of a page of docs/ in one language. */
export function blocksOf(page: string, language: string): string[] {
  return blocksOfPage(`docs/${page}`)
    .filter((block) => block.language === language)
    .map(({ code }) => code)
}
