// zig's compiler: the one that ZIG names, or from PyPI, fetched once into build/zig.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../run.mjs'

/** Another version makes other binaries. */
const VERSION = '0.15.2'
const FOLDER = join(root, 'build', 'zig', VERSION)

/** @returns {string} the path of the executable */
export function findZig() {
  if (process.env.ZIG) return process.env.ZIG
  const zig = join(FOLDER, 'ziglang', process.platform === 'win32' ? 'zig.exe' : 'zig')
  if (existsSync(zig)) return zig
  const python = process.platform === 'win32' ? 'python' : 'python3'
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps']
  if (run(python, [...pip, '--target', FOLDER, `ziglang==${VERSION}`]) && existsSync(zig)) return zig
  throw new Error(
    `zig ${VERSION} is missing, and ${python}'s pip cannot fetch it (ziglang of PyPI). Install it and set ZIG to its path, or build only for this platform, by its own compiler, with --host`,
  )
}
