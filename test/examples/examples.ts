import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tool } from '../../scripts/run.mjs'
import { pageBlocks, root } from '../docs/pages.ts'

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

export interface ExampleFile {
  /** Relative to examples/. */
  readonly path: string
  readonly text: string
}

/** Every program in examples/, in any language. */
export function exampleFiles(): ExampleFile[] {
  const folder = join(root, 'examples')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(mjs|py)$/.test(path))
    .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(folder, path), 'utf8') }))
}

/** The parts of an example between its markers (`// [name]`), by name. */
export function fileParts(file: string): Map<string, string> {
  const parts = new Map<string, string>()
  const text = readFileSync(join(root, 'examples', file), 'utf8')
  for (const [, name, body] of text.matchAll(/^(?:\/\/|#) \[(\w+)\]\n([\s\S]*?)(?=^(?:\/\/|#) \[)/gm)) {
    parts.set(name!, body!.trim())
  }
  return parts
}

/** The code blocks of a page of docs/ in one language. */
export function codeBlocks(page: string, language: string): string[] {
  return pageBlocks(`docs/${page}`)
    .filter((block) => block.language === language)
    .map(({ code }) => code)
}
