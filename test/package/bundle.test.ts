// In a bundle: the package left outside of it, or inside, with the prebuilt addons copied beside it.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, inject, it } from 'vitest'
import { commonJs, expectLogits, run, write } from './example.ts'

async function bundle(folder: string, external: string[]): Promise<string> {
  const outfile = join(inject('project'), folder, 'bundle.cjs')
  const entry = write(`${folder}.cjs`, commonJs)
  const { warnings } = await build({
    entryPoints: [entry],
    outfile,
    external,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
  })
  expect(warnings).toEqual([])
  return outfile
}

it('left outside', async () => {
  expectLogits(await run([await bundle('external', ['onnxruntime-iobinding'])]))
})

it('inside, with prebuilds/ copied beside the bundle', async () => {
  const file = await bundle('inside', ['onnxruntime-node'])
  const package_ = join(inject('project'), 'node_modules', 'onnxruntime-iobinding')
  cpSync(join(package_, 'prebuilds'), join(inject('project'), 'inside', 'prebuilds'), { recursive: true })
  expectLogits(await run([file]))
})

it('inside, without them: it says where it looked, and runs on onnxruntime-node only with a warning', async () => {
  const file = await bundle('without', ['onnxruntime-node'])
  const failed = run([file], process.execPath, { ONNXRUNTIME_IOBINDING_ENGINE: 'native' })
  await expect(failed).rejects.toThrow(/ERR_ADDON_NOT_LOADED/)
  await expect(failed).rejects.toThrow(
    join(inject('project'), 'without', 'prebuilds', `${process.platform}-${process.arch}`),
  )
})
