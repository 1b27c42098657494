// One binary for all: Node-API's promise, held against the versions of Node that are supported.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { commonJs, expectLogits, run, write } from './example.ts'

const platform = process.platform === 'win32' ? 'win' : process.platform

/** Node as npm has it, under build/: fetched once. */
function node(major: number): string {
  const folder = join(root, 'build', 'nodes', String(major))
  const name = `node-${platform}-${process.arch}`
  const path = join(folder, 'node_modules', name, 'bin', platform === 'win' ? 'node.exe' : 'node')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  execFileSync(
    'npm',
    [
      'install',
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--loglevel',
      'error',
      `${name}@${major}`,
    ],
    { cwd: folder, stdio: 'pipe', shell: process.platform === 'win32' },
  )
  return path
}

it.each([20, 22, 24, 26])('the same binary on Node %i', async (major) => {
  const path = node(major)
  expect(await run(['-p', 'process.versions.node'], path)).toMatch(new RegExp(`^${major}\\.`))
  expectLogits(await run([write(`node-${major}.cjs`, commonJs)], path))
})
