// Tarballs that package managers install: this package with the addon of the build, a client of onnxruntime-node, and
// onnxruntime-node with this platform's files alone, since the original has 285 MB.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../../scripts/run.mjs'

export interface Tarballs {
  /** Paths from a folder beside them. */
  readonly client: string
  readonly library: string
  readonly package: string
  readonly version: string
}

const ADDON = 'onnxruntime_iobinding.node'
const HERE = `${process.platform}-${process.arch}`
const CLIENT = {
  name: 'client',
  version: '1.0.0',
  main: 'index.js',
  dependencies: { 'onnxruntime-node': '^1.20.0', 'onnxruntime-common': '^1.24.0' },
}

export function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', [...args], {
    cwd,
    stdio: 'pipe',
    shell: process.platform === 'win32',
    timeout: 200_000,
  })
}

/** Puts the addon of the build into a folder where the package looks for a prebuilt one. */
export function copyAddon(path: string): void {
  cpSync(join(root, 'build', 'Release', ADDON), join(path, 'prebuilds', HERE, ADDON))
}

/** Copies what the package needs to run. */
export function copyPackage(path: string): void {
  for (const file of ['package.json', 'dist']) cpSync(join(root, file), join(path, file), { recursive: true })
  copyAddon(path)
}

/** Packs them into a folder. */
export function packAll(folder: string): Tarballs {
  const stage = (name: string, fill: (path: string) => void) => {
    const path = join(folder, 'stage', name)
    mkdirSync(path, { recursive: true })
    fill(path)
    npm(['pack', '--ignore-scripts', '--pack-destination', folder], path)
    const { name: its, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
    return `file:../${its}-${version}.tgz`
  }
  const original = join(root, 'node_modules', 'onnxruntime-node')
  const { version, name } = JSON.parse(readFileSync(join(original, 'package.json'), 'utf8'))
  return {
    version,
    package: stage('package', copyPackage),
    library: stage('library', (path) => {
      const binaries = join('bin', 'napi-v6', process.platform, process.arch)
      mkdirSync(dirname(join(path, binaries)), { recursive: true })
      cpSync(join(original, binaries), join(path, binaries), { recursive: true })
      writeFileSync(join(path, 'package.json'), JSON.stringify({ name, version }))
    }),
    client: stage('client', (path) => {
      writeFileSync(join(path, 'package.json'), JSON.stringify(CLIENT))
      const common = "exports.common = require('onnxruntime-common')\n"
      writeFileSync(join(path, 'index.js'), `exports.ort = require('onnxruntime-node')\n${common}`)
    }),
  }
}
