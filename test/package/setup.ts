// Once for all files of this project: installs the packed tarball into an empty project as a user would, with only a shell,
// Node.js and npm on PATH.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { pack } from '../../scripts/release/tarball.mjs'
import { root } from '../../scripts/run.mjs'

declare module 'vitest' {
  export interface ProvidedContext {
    tarball: string
    /** The project that it is installed into. */
    project: string
    /** A PATH without a compiler. */
    path: string
  }
}

export default function setup(vitest: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-package-'))
  const path = barePath(join(folder, 'bin'))
  const project = join(folder, 'project')
  mkdirSync(project)
  const npm = (args: string[], cwd: string, env = process.env) =>
    execFileSync('npm', args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
  const tarball = join(folder, pack(folder).filename)

  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json')
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error']
  npm(['install', ...quiet, '--prefer-offline', tarball, `onnxruntime-node@${version}`], project, {
    ...process.env,
    PATH: path,
    ONNXRUNTIME_NODE_INSTALL: 'skip', // as the README's command
  })
  // The README's name for the model.
  cpSync(join(root, 'test', 'models', 'tiny_bert', 'model.onnx'), join(project, 'bert.onnx'))
  vitest.provide('tarball', tarball)
  vitest.provide('project', project)
  vitest.provide('path', path)
  return () => rmSync(folder, { recursive: true, force: true })
}

function barePath(folder: string): string {
  mkdirSync(folder)
  const windows = process.platform === 'win32'
  if (windows) return [join(process.execPath, '..'), process.env.SystemRoot ?? ''].join(delimiter)
  symlinkSync(process.execPath, join(folder, 'node'))
  for (const command of ['npm', 'npx', 'sh']) {
    const found = execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim()
    symlinkSync(realpathSync(found), join(folder, command))
  }
  return folder
}
