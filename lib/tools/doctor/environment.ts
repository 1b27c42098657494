import { processCpus } from '../../engine/cpus'
import { PACKAGE, ROOT } from '../cli/package'
import { type Context, failed, ok } from './checks'
import { libc } from './libc'
import type { Check } from './report'

const VARIABLES = [
  'ONNXRUNTIME_IOBINDING_ENGINE',
  'ONNXRUNTIME_IOBINDING_BUILD',
  'ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS',
  'ORT_DYLIB_PATH',
  'ORT_DISABLE_TELEMETRY',
  // Where the loader looks for libraries; on Windows for CUDA's.
  ...(process.platform === 'win32' ? ['PATH'] : ['LD_LIBRARY_PATH', 'LD_PRELOAD', 'DYLD_LIBRARY_PATH']),
  'CUDA_VISIBLE_DEVICES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'NODE_OPTIONS',
]

/** The package and what it runs in: these checks load nothing. */
export function checkEnvironment(context: Context): Check[] {
  const { name, version, engines } = PACKAGE
  const platform = [`${process.platform} ${process.arch}`, libc()].filter((part) => part !== undefined)
  return [
    ok('package', `${name} ${version}`, { path: ROOT }),
    checkNode(context, engines.node),
    ok('platform', platform.join(', ')),
    checkCpus(),
    checkVariables(),
  ]
}

/** @param expected as package.json has it, such as `>=20.19` */
function checkNode(context: Context, expected: string): Check {
  const { node } = process.versions
  const facts = { path: process.execPath }
  const isEnough = node.localeCompare(expected.replace('>=', ''), 'en', { numeric: true }) >= 0
  if (isEnough) return ok('node', node, facts)
  const failure = { code: 'ERR_NODE_VERSION', message: 'Node is too old', expected, given: node } as const
  return failed(context, 'node', failure, {}, facts)
}

/** The quota is that of Linux's cgroups. */
function checkCpus(): Check {
  const { available, affinity, quota, machine, cores } = processCpus()
  const facts = {
    affinity: String(affinity),
    ...(quota !== undefined && { quota: String(quota) }),
    ...(available < cores && { intraOpNumThreads: `${available} by default, not ${cores}` }),
  }
  return ok('cpus', `${available} of ${machine}`, facts)
}

function checkVariables(): Check {
  const set = VARIABLES.filter((name) => process.env[name])
  const facts = Object.fromEntries(set.map((name) => [name, process.env[name]!]))
  return ok(
    'environment',
    set.length === 0 ? 'no relevant variable is set' : 'relevant variables are set',
    facts,
  )
}
