// A newcomer's five minutes: README's blocks in their order, in an empty folder with the tarball alone. What README marks as a
// step of a checkout, of a GPU or of another shell is omitted.
import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'
import { type Block, pageBlocks, readPage, root } from '../docs/pages.ts'
import { environment } from './example.ts'

const checkout = readPage('README.md').split('\n').indexOf('## From a checkout')
const blocks = pageBlocks('README.md').filter(
  ({ language, line, says }) => /^(js|sh)$/.test(language) && says.on === undefined && line < checkout,
)
const models = 'node_modules/onnxruntime-iobinding/examples/models'

/** The code that README's text describes before a block. */
function prelude({ says }: Block): string {
  if (says.setup === undefined) return ''
  return readFileSync(join(root, 'test', 'docs', 'preludes', `${says.setup}.mts`), 'utf8').replace(
    'test/models/silero_v6/model.onnx',
    `${models}/voice.onnx`,
  )
}

it.skipIf(process.platform === 'win32')("README's blocks run in their order", async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'newcomer-'))
  const execute = promisify(execFile)
  const options = { cwd, env: { ...environment(), npm_config_prefer_offline: 'true' } }
  const said: string[] = []
  try {
    copyFileSync(inject('tarball'), join(cwd, basename(inject('tarball'))))
    const [first, install, ...others] = blocks
    expect(install!.language).toBe('sh')
    const { stdout } = await execute('sh', ['-ec', install!.code], options)
    expect(stdout).toContain('native')
    cpSync(join(cwd, models, 'language.onnx'), join(cwd, 'bert.onnx'))

    writeFileSync(join(cwd, 'bert.mjs'), first!.code)
    said.push((await execute('node', ['bert.mjs'], options)).stdout)
    for (const [i, block] of others.entries()) {
      if (block.language === 'sh') {
        said.push((await execute('sh', ['-ec', block.code], options)).stdout)
        continue
      }
      writeFileSync(join(cwd, `${i}.mjs`), prelude(block) + block.code)
      await execute('node', [`${i}.mjs`], options)
    }
    await execute('npx', ['onnxruntime-iobinding', 'demo', '--seconds', '0.1'], options)
  } finally {
    rmSync(cwd, { recursive: true })
  }
  const [logits, bench] = said
  expect(logits).toMatch(/^Float32Array\(16\) \[/)
  expect(bench).toContain('onnxruntime-node')
})
