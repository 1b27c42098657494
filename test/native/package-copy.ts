import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const ADDON = join('build', 'Release', 'onnxruntime_iobinding.node')
/** The addon that the tests run on, for example the sanitizer build's. */
const TESTED = join(
  process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build',
  'Release',
  'onnxruntime_iobinding.node',
)
/** A hosted runner that tests a binary built elsewhere has no other. */
const PREBUILT = join('prebuilds', `${process.platform}-${process.arch}`, 'onnxruntime_iobinding.node')

/** A folder that goes when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/**
 * A copy of the package in a folder of its own, with or without what it looks for, and a script of fixtures/ in it.
 * Returns the path of the script.
 */
export function copyPackage(script: string, has: { addon?: boolean; onnxruntimeNode?: boolean }): string {
  const folder = temporaryFolder()
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  if (has.addon) {
    const addon = [TESTED, PREBUILT].find((path) => existsSync(join(root, path)))!
    mkdirSync(dirname(join(folder, ADDON)), { recursive: true })
    copyFileSync(join(root, addon), join(folder, ADDON))
  }
  mkdirSync(join(folder, 'node_modules'))
  const packages = ['bindings', 'onnxruntime-common', ...(has.onnxruntimeNode ? ['onnxruntime-node'] : [])]
  for (const name of packages) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction')
  }
  copyFileSync(join(root, 'test', 'native', 'fixtures', script), join(folder, script))
  return join(folder, script)
}
