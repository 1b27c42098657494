import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { failed, ok } from './checks'
import { libc } from './libc'
import { problemOf } from './remedies'
import type { Check } from './report'
import { ROOT } from './root'

const VARIABLES = [
  'ONNXRUNTIME_IOBINDING_ENGINE',
  'ONNXRUNTIME_IOBINDING_BUILD',
  'ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS',
  'ORT_DYLIB_PATH',
  // Where libraries are looked for; on Windows CUDA's.
  ...(process.platform === 'win32' ? ['PATH'] : ['LD_LIBRARY_PATH', 'LD_PRELOAD', 'DYLD_LIBRARY_PATH']),
  'CUDA_VISIBLE_DEVICES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'NODE_OPTIONS',
]

/** The package, and what it runs in: nothing has to be loaded to know it. */
export function checkEnvironment(): Check[] {
  const { name, version, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const platform = [`${process.platform} ${process.arch}`, libc()].filter((part) => part !== undefined)
  return [
    ok('package', `${name} ${version}`, { path: ROOT }),
    checkNode(engines.node),
    ok('platform', platform.join(', ')),
    checkVariables(),
  ]
}

/** @param wanted as package.json has it, such as `>=20.19` */
function checkNode(wanted: string): Check {
  const { node } = process.versions
  const facts = { path: process.execPath }
  if (isAtLeast(node, wanted.replace('>=', ''))) return ok('node', node, facts)
  const problem = problemOf({
    code: 'ERR_NODE_VERSION',
    message: 'Node is too old',
    expected: wanted,
    given: node,
  })
  return failed('node', true, problem, facts)
}

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

function checkVariables(): Check {
  const set = VARIABLES.filter((name) => process.env[name])
  const facts = Object.fromEntries(set.map((name) => [name, process.env[name]!]))
  return ok('environment', set.length === 0 ? 'sets no variable that matters' : 'sets', facts)
}
