// Children that open a library, and libraries to open.
import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { expect } from 'vitest'
import { type ChildOptions, runFixture, runScript } from './child'
import { temporaryFolder } from './package-copy'

export const real = initialized().libraryPath

/** A child's report, of a scenario of fixtures/library.mjs. */
export async function report(args: readonly string[], env: ChildOptions['env'] = {}, script?: string) {
  const options = { env: { ORT_DYLIB_PATH: undefined, ...env }, ...(script && { cwd: dirname(script) }) }
  const ended = script
    ? await runScript(script, args, options)
    : await runFixture('library.mjs', args, options)
  expect(ended).toMatchObject({ code: 0, signal: null })
  return { ...ended, result: JSON.parse(ended.stdout) }
}

export const initializeWith = async (options: object, env?: ChildOptions['env']) =>
  (await report(['initialize', JSON.stringify(options)], env)).result

export function link(name: string): string {
  const path = join(temporaryFolder(), name)
  symlinkSync(real, path)
  return path
}

export function compile(...options: string[]): string {
  const path = join(temporaryFolder(), 'libfake.so')
  execFileSync('cc', ['-shared', '-fPIC', '-o', path, ...options])
  return path
}

export function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
