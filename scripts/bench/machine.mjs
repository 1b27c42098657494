// What the numbers were measured on and with.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join, sep } from 'node:path'
import { initialized } from '../../dist/index.mjs'
import { root } from '../run.mjs'

const require = createRequire(import.meta.url)

export function hardware() {
  const [{ model }, ...others] = cpus()
  return {
    cpu: model.trim(),
    cores: 1 + others.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
  }
}

/** @param {Record<string, string>} [python] versions of Python and of what it has */
export function versions(python = {}) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    package: version,
    engine: initialized().engine,
    node: process.versions.node,
    onnxruntime: initialized().version,
    'onnxruntime-node': require('onnxruntime-node/package.json').version,
    ...(python.python && { python: python.python }),
    ...(python.onnxruntime && { 'onnxruntime (Python)': python.onnxruntime }),
    ...(python.torch && { torch: python.torch }),
  }
}

/** The files of the package that this process has loaded: figures of two builds do not belong together. */
export function buildFiles() {
  const folders = ['dist', 'build'].map((folder) => join(root, folder) + sep)
  return Object.keys(require.cache)
    .filter((file) => folders.some((folder) => file.startsWith(folder)))
    .sort()
}

/** The load average of the last minute. */
export function load() {
  return Math.round(loadavg()[0] * 100) / 100
}
