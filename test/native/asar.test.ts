// Electron reads app.asar as a folder, and the system's loader does not: here it is a folder whose native files are not
// native. The packager leaves the real ones beside it, in app.asar.unpacked.
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript } from './child.ts'
import { temporaryFolder } from './package-copy.ts'

const addons = [
  join(root, process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build', 'Release', 'onnxruntime_iobinding.node'),
  join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'onnxruntime_iobinding.node'),
]
const real = initialized().libraryPath

function package_(folder: string, unpacked: boolean): string {
  const archive = join(folder, 'app.asar')
  const modules = join(archive, 'node_modules')
  const ours = join(modules, 'onnxruntime-iobinding')
  mkdirSync(ours, { recursive: true })
  cpSync(join(root, 'dist'), join(ours, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(ours, 'package.json'))
  for (const name of ['bindings', 'file-uri-to-path', 'onnxruntime-common']) {
    const source = join(root, 'node_modules', name)
    if (existsSync(source)) symlinkSync(source, join(modules, name), 'junction')
  }
  const theirs = join('onnxruntime-node', 'bin', 'napi-v6', process.platform, process.arch)
  const library = join(theirs, real.split(/[\\/]/).at(-1)!)
  const prebuilt = join('onnxruntime-iobinding', 'prebuilds', `${process.platform}-${process.arch}`)
  const native = {
    [join(prebuilt, 'onnxruntime_iobinding.node')]: addons.find((path) => existsSync(path))!,
    [library]: real,
  }
  for (const [file, source] of Object.entries(native)) {
    const inside = join(modules, file)
    mkdirSync(dirname(inside), { recursive: true })
    writeFileSync(inside, 'inside of the archive')
    const outside = join(folder, 'app.asar.unpacked', 'node_modules', file)
    mkdirSync(dirname(outside), { recursive: true })
    if (unpacked) symlinkSync(source, outside)
  }
  const manifest = join(root, 'node_modules', 'onnxruntime-node', 'package.json')
  cpSync(manifest, join(modules, 'onnxruntime-node', 'package.json'))
  const main = join(archive, 'main.cjs')
  writeFileSync(
    main,
    `const { engine, libraryPath } = require('onnxruntime-iobinding').initialized()
console.log(JSON.stringify([engine, libraryPath]))`,
  )
  return main
}

test.skipIf(process.platform === 'win32')(
  'the addon and the library are those beside the archive',
  async () => {
    const folder = temporaryFolder()
    const { code, stdout, stderr } = await runScript(package_(folder, true))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [engine, libraryPath] = JSON.parse(stdout)
    expect(engine).toBe('native')
    expect(libraryPath).toContain('app.asar.unpacked')
  },
)

test.skipIf(process.platform === 'win32')('what was not unpacked is reported by its path', async () => {
  const main = package_(temporaryFolder(), false)
  const { code, stderr } = await runScript(main, [], { env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native' } })
  expect(code).toBe(1)
  expect(stderr).toContain('ERR_ADDON_NOT_LOADED')
  expect(stderr).toContain(join('app.asar', 'node_modules', 'onnxruntime-iobinding', 'prebuilds'))
})
