// Builds the addon and compiles the TypeScript of a checkout: `npm install` runs it where it
// changes node_modules (npm's script `dependencies`; of `prepare` npm would warn whoever installs the tarball), and `npm test`.
//
// Without a compiler or CMake it prints a warning and succeeds: the package then runs on onnxruntime-node. With --require
// that is an error.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from './compile.mjs'
import { root, run, runTool, tool } from './run.mjs'

const required = process.argv.includes('--require')

// `npm test` in a bare clone.
if (!existsSync(join(root, 'node_modules', 'vitest'))) {
  if (!run('npm', ['install', '--ignore-scripts'], { shell: process.platform === 'win32' })) process.exit(1)
}

if (!(await compile())) process.exit(1)

if (!runTool(tool('cmake-js'), ['build', '--log-level', 'error'])) {
  console.error(`
The native addon was not built: it needs CMake 3.20 or newer and a C++20 compiler (see the errors above).
Without it the package runs on onnxruntime-node, which blocks the event loop and cannot run synchronously.
Build it later with \`npm run build:native\`.
`)
  if (required) process.exit(1)
}
