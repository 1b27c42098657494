// Runs the tools that build and test the package.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/** Path of a development dependency's command. */
export function tool(packageName, command = packageName) {
  const manifest = require.resolve(`${packageName}/package.json`)
  const { bin } = require(manifest)
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
}

/** Runs a dependency's JavaScript command; returns whether it succeeded. */
export function runTool(file, args, options = {}) {
  return run(process.execPath, [file, ...args], options)
}

/** Builds the addon in a folder of its own. Reconfigures it: a folder keeps the options of its last configuration. */
export function buildAddon(folder, options = []) {
  return ['configure', 'build'].every((command) =>
    runTool(tool('cmake-js'), [command, '--out', folder, ...options, '--log-level', 'error']),
  )
}

/** Path of a tool that pip installs: in `build-python`, as `.ci/run` makes it, or on PATH. */
export function pythonTool(name) {
  const installed = join(root, 'build-python', 'bin', name)
  return spawnSync(installed, ['--version']).error ? name : installed
}

export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(`${command}: ${error.message}`)
  return status === 0
}
