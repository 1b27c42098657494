// Bundles: with the package outside, or inside and the prebuilt addons beside the bundle.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { expect, inject, it } from 'vitest'
import { commonJs, example, expectLogits, run, write } from './example.ts'

async function bundle(folder: string, external: string[], more: BuildOptions = {}): Promise<string> {
  const isModule = more.format === 'esm'
  const outfile = join(inject('project'), folder, isModule ? 'bundle.mjs' : 'bundle.cjs')
  const entry = isModule ? write(`${folder}.mjs`, example) : write(`${folder}.cjs`, commonJs)
  const { warnings } = await build({
    entryPoints: [entry],
    outfile,
    external,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
    ...more,
  })
  expect(warnings).toEqual([])
  return outfile
}

function copyPrebuilds(folder: string): void {
  const package_ = join(inject('project'), 'node_modules', 'onnxruntime-iobinding')
  cpSync(join(package_, 'prebuilds'), join(inject('project'), folder, 'prebuilds'), { recursive: true })
}

it('the package runs outside the bundle', async () => {
  expectLogits(await run([await bundle('external', ['onnxruntime-iobinding'])]))
})

it('the package runs inside the bundle with prebuilds/ beside it', async () => {
  const file = await bundle('inside', ['onnxruntime-node'])
  copyPrebuilds('inside')
  expectLogits(await run([file]))
})

it('the package reports its search without prebuilds/, or warns and runs on onnxruntime-node', async () => {
  const file = await bundle('without', ['onnxruntime-node'])
  const failed = run([file], process.execPath, { ONNXRUNTIME_IOBINDING_ENGINE: 'native' })
  await expect(failed).rejects.toThrow(/ERR_ADDON_NOT_LOADED/)
  await expect(failed).rejects.toThrow(
    join(inject('project'), 'without', 'prebuilds', `${process.platform}-${process.arch}`),
  )
  // run() expects an empty stderr.
  await expect(run([file])).rejects.toThrow('OnnxRuntimeIoBindingWarning')
})

it('the package runs inside an ES module bundle that defines require', async () => {
  const file = await bundle('esm', ['onnxruntime-node'], {
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __filename = import.meta.filename; const __dirname = import.meta.dirname;",
    },
  })
  copyPrebuilds('esm')
  expectLogits(await run([file]))
})
