// The tarball: what it must contain, and nothing else.
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkBinary } from '../prebuild/check-binary.mjs'
import { checkStamp } from '../prebuild/sources.mjs'
import { addonPath, NAME, targets } from '../prebuild/targets.mjs'
import { root } from '../run.mjs'

const BESIDE = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
// What the pages link to.
const LINKED =
  /^((ARCHITECTURE|CONTRIBUTING|SECURITY)\.md|benchmarks\/(README\.md|results\/.+\.svg)|test\/(export\/pitfalls\/.+\.py|(gpu|models)\/README\.md))$/

/** Checks the prebuilt addons of a release. @throws Error that lists the problems */
export function checkPrebuilds() {
  const problems = Object.entries(targets).flatMap(([name, target]) => {
    try {
      const addon = addonPath(name)
      console.log(`${name}: ${checkBinary(addon, target, { portable: true })}`)
      checkStamp(addon)
      return []
    } catch (error) {
      return [error.message]
    }
  })
  if (problems.length > 0) {
    throw new Error(
      `prebuilt addons are missing or invalid: npm run build:prebuilds\n  ${problems.join('\n  ')}`,
    )
  }
}

/** Packs, and checks the list of files. @returns the tarball's path */
export function packTarball(folder) {
  // Without a tarball of an earlier release.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { filename, files, size } = pack(folder)
  checkFiles(files.map(({ path }) => path))
  console.log(`${filename}: ${files.length} files, ${(size / 1e6).toFixed(2)} MB`)
  return join(folder, filename)
}

/** Packs into a folder. */
export const pack = (folder) => npmPack('--pack-destination', folder)

/** The paths that a tarball would have. */
export const packedFiles = () => npmPack('--dry-run').files.map(({ path }) => path)

/**
 * Without scripts of npm's life cycle, which could build again.
 * @param {readonly string[]} options
 * @returns {{ filename: string, files: { path: string }[], size: number }}
 */
function npmPack(...options) {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...options], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  // An array up to npm 11, since then an object by package.
  return Object.values(JSON.parse(output))[0]
}

/** @param {readonly string[]} paths of packed files @throws Error that names missing or unexpected files */
export function checkFiles(paths) {
  const prebuilt = Object.keys(targets).map((name) => `prebuilds/${name}/${NAME}.node`)
  const isExpected = (path) =>
    BESIDE.includes(path) ||
    prebuilt.includes(path) ||
    LINKED.test(path) ||
    /^dist\/.+\.(js|mjs|d\.ts|d\.mts)$/.test(path) ||
    /^(docs|examples)\/.+\.(md|mjs|mts|py)$/.test(path)
  const missing = [...BESIDE, ...prebuilt, 'dist/index.js'].filter((path) => !paths.includes(path))
  const stray = paths.filter((path) => !isExpected(path))
  if (missing.length > 0) throw new Error(`the tarball lacks ${missing.join(', ')}`)
  if (stray.length > 0) throw new Error(`the tarball holds what it should not: ${stray.join(', ')}`)
}
