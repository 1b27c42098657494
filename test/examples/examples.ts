import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tool } from '../../scripts/run.mjs'

export const root = join(import.meta.dirname, '..', '..')

/** Compiles an example as a user's project would, strictly, into build/, where the package finds itself by its name. */
export function compileExample(file: string): { script: string; remove: () => void } {
  const outDir = join(root, 'build', `examples-${process.pid}`)
  const source = join(root, 'examples', file)
  const options = [
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--skipLibCheck',
    '--types',
    'node',
  ]
  const roots = ['--rootDir', join(root, 'examples'), '--outDir', outDir]
  execFileSync(
    process.execPath,
    [tool('typescript', 'tsc'), source, '--ignoreConfig', ...options, ...roots],
    {
      stdio: 'pipe',
      encoding: 'utf8',
    },
  )
  const script = join(outDir, file.replace(/\.mts$/, '.mjs'))
  return { script, remove: () => rmSync(outDir, { recursive: true }) }
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
  const text = readFileSync(join(root, 'docs', page), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
  return blocks.filter(([, name]) => name === language).map(([, , code]) => code!.trim())
}
