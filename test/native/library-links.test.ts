// ONNX Runtime looks for its providers beside the path that is opened, and does not follow a link.
import { copyFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { runFixture } from './child'
import { temporaryFolder } from './package-copy'

const PROVIDERS = 'libonnxruntime_providers_shared.so'

async function libraryPath(options: object, env = {}): Promise<string> {
  const variables = { ORT_DYLIB_PATH: undefined, ...env }
  const ended = await runFixture('library.mjs', ['initialize', JSON.stringify(options)], { env: variables })
  expect(ended).toMatchObject({ code: 0, signal: null })
  return JSON.parse(ended.stdout).libraryPath
}

test.runIf(process.platform === 'linux')(
  'a link is followed where only its target has the providers',
  async () => {
    const [target, folder] = [temporaryFolder(), temporaryFolder()]
    const library = join(target, 'libonnxruntime.so.1')
    copyFileSync(initialized().libraryPath, library)
    const path = join(folder, 'libonnxruntime.so.1')
    symlinkSync(library, path)
    expect(await libraryPath({}, { ORT_DYLIB_PATH: path })).toBe(path)
    writeFileSync(join(target, PROVIDERS), '')
    expect(await libraryPath({}, { ORT_DYLIB_PATH: path })).toBe(realpathSync(library))
    expect(await libraryPath({ libraryPath: path })).toBe(realpathSync(library))
    writeFileSync(join(folder, PROVIDERS), '')
    expect(await libraryPath({}, { ORT_DYLIB_PATH: path })).toBe(path)
  },
)
