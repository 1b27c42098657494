// A file beside a prebuilt addon holds a digest of its sources: an addon of other sources is not released.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../run.mjs'

const STAMP = 'sources.sha256'

/** @param {string} addon path */
export function stamp(addon) {
  writeFileSync(join(dirname(addon), STAMP), `${digest()}\n`)
}

/** @param {string} addon path @throws Error where it was built from other sources */
export function checkStamp(addon) {
  const file = join(dirname(addon), STAMP)
  if (existsSync(file) && readFileSync(file, 'utf8').trim() === digest()) return
  throw new Error(`${addon}: it was not built from these sources`)
}

function digest() {
  const native = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
  const files = native.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const hash = createHash('sha256')
  for (const path of [...files.sort(), join(root, 'CMakeLists.txt'), join(root, 'package-lock.json')]) {
    hash.update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
