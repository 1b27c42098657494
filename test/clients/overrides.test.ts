// npm's overrides that put this package in the place of onnxruntime-node.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack } from '../../scripts/release/tarball.mjs'
import { root } from '../../scripts/run.mjs'
import { pageBlocks } from '../docs/pages.ts'

const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-overrides-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const { version } = JSON.parse(
  readFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
)
const CLIENT = { client: 'file:../client-1.0.0.tgz' }
const LIBRARY = { 'onnxruntime-library': `npm:onnxruntime-node@${version}` }
let package_: string

/** docs/drop-in.md's package.json. */
const DOCUMENTED = JSON.parse(pageBlocks('docs/drop-in.md').find(({ language }) => language === 'json')!.code)

function npm(args: readonly string[], cwd: string): void {
  execFileSync('npm', args, { cwd, stdio: 'pipe', shell: process.platform === 'win32', timeout: 100_000 })
}

function write(name: string, manifest: object): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), JSON.stringify(manifest))
  return path
}

beforeAll(() => {
  package_ = `file:../${pack(folder).filename}`
  const dependencies = { 'onnxruntime-node': '^1.20.0' }
  npm(
    ['pack', '--pack-destination', '..'],
    write('client', { name: 'client', version: '1.0.0', dependencies }),
  )
})

/** Which package is where in node_modules, of those with ONNX Runtime's name. */
function resolve(name: string, manifest: object): Record<string, string> {
  const path = write(name, { private: true, ...manifest })
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error']
  npm(['install', '--package-lock-only', '--ignore-scripts', ...quiet], path)
  const { packages } = JSON.parse(readFileSync(join(path, 'package-lock.json'), 'utf8'))
  const found = Object.entries<{ name?: string }>(packages)
    .map(([path, { name }]) => [path.replaceAll('node_modules/', ''), name ?? path.split('/').at(-1)!])
    .filter(([path]) => /onnxruntime-(node|library|iobinding)$/.test(path!))
  return Object.fromEntries(found)
}

test('a plain override by a reference replaces onnxruntime-node', () => {
  const { overrides, dependencies: documented } = DOCUMENTED
  expect(documented).toMatchObject(LIBRARY)
  const dependencies = { ...CLIENT, ...documented, 'onnxruntime-iobinding': package_ }
  expect(resolve('reference', { dependencies, overrides })).toEqual({
    'onnxruntime-iobinding': 'onnxruntime-iobinding',
    'onnxruntime-library': 'onnxruntime-node',
    'onnxruntime-node': 'onnxruntime-iobinding',
  })
})

test('a plain override by a name or a file replaces onnxruntime-node', () => {
  const overrides = { 'onnxruntime-node': package_ }
  expect(resolve('plain', { dependencies: { ...CLIENT, ...LIBRARY }, overrides })).toEqual({
    'onnxruntime-library': 'onnxruntime-node',
    'onnxruntime-node': 'onnxruntime-iobinding',
  })
})

test('a scoped override replaces the onnxruntime-node of one package', () => {
  const dependencies = { ...CLIENT, 'onnxruntime-node': version, 'onnxruntime-iobinding': package_ }
  const overrides = { client: { 'onnxruntime-node': '$onnxruntime-iobinding' } }
  expect(resolve('scoped', { dependencies, overrides })).toEqual({
    'client/onnxruntime-node': 'onnxruntime-iobinding',
    'onnxruntime-iobinding': 'onnxruntime-iobinding',
    'onnxruntime-node': 'onnxruntime-node',
  })
})
