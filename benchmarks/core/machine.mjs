// Hardware, versions and load, for the reports.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join, sep } from 'node:path'
import { initialized } from '../../dist/index.mjs'
import { root } from '../../scripts/run.mjs'

const require = createRequire(import.meta.url)

export const packageVersion = () => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version

export function hardware() {
  const all = cpus()
  return {
    cpu: all[0].model.trim(),
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
  }
}

/** @param {Record<string, string>} [python] versions of Python and its packages */
export function versions(python = {}) {
  return {
    package: packageVersion(),
    engine: initialized().engine,
    node: process.versions.node,
    onnxruntime: initialized().version,
    'onnxruntime-node': require('onnxruntime-node/package.json').version,
    ...(python.python && { python: python.python }),
    ...(python.onnxruntime && { 'onnxruntime (Python)': python.onnxruntime }),
    ...(python.torch && { torch: python.torch }),
  }
}

/** The package's files that this process has loaded: results of two builds must not be mixed. */
export function buildFiles() {
  const folders = ['dist', 'build'].map((folder) => join(root, folder) + sep)
  const isOurs = (file) => folders.some((folder) => file.startsWith(folder))
  return Object.keys(require.cache).filter(isOurs).sort()
}

/** The common part of a report; finishReport completes it. */
export const startReport = (intraOpNumThreads) => ({
  date: new Date().toISOString(),
  hardware: hardware(),
  versions: {},
  intraOpNumThreads,
  load: { before: load(), after: 0 },
})

export function finishReport(report, python) {
  report.versions = versions(python)
  report.load.after = load()
  return report
}

/** The load average of the last minute. */
export function load() {
  return Math.round(loadavg()[0] * 100) / 100
}
