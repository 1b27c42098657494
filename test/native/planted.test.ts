import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { endedWith, runFixture } from './child'
import { temporaryFolder } from './package-copy'

// The loader of Windows looks for a bare name in the working directory, unless it is told where to look.
test('a library in the working directory is not opened by its bare name', async () => {
  const folder = temporaryFolder()
  const extension = { win32: 'dll', darwin: 'dylib' }[process.platform as string] ?? 'so'
  const file = join(folder, `planted.${extension}`)
  const { libraryPath } = initialized()
  // ONNX Runtime's own DLL needs others beside it.
  const alone = join(dirname(libraryPath ?? ''), 'dxil.dll')
  copyFileSync(process.platform === 'win32' ? alone : libraryPath!, file)
  const ended = await runFixture('planted.mjs', [file], { cwd: folder })
  expect(ended).toEqual(endedWith('["ERR_LIBRARY_NOT_FOUND",true]'))
})
