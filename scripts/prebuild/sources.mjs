// Which sources a prebuilt addon was made of, told by a file beside it: one of other sources is not released.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../run.mjs'

const STAMP = 'sources.sha256'

/** @param {string} addon path */
export function stamp(addon) {
  writeFileSync(join(dirname(addon), STAMP), `${digest()}\n`)
}

/** @param {string} addon path @throws Error where it is of other sources */
export function checkStamp(addon) {
  const file = join(dirname(addon), STAMP)
  if (existsSync(file) && readFileSync(file, 'utf8').trim() === digest()) return
  throw new Error(`${addon}: it was not built from these sources`)
}

function digest() {
  const native = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const hash = createHash('sha256')
  for (const path of [...native.sort(), join(root, 'CMakeLists.txt'), join(root, 'package-lock.json')]) {
    hash.update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
