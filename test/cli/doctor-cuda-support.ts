// Stubs of the CUDA driver and of CUDA's libraries, for ONNX Runtime's real library and the system's real loader: no GPU is needed, and one
// that exists is kept out.
import { join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { beforeAll, describe } from 'vitest'
import { compile, newFolder, ortFolder, stubDriver, withoutStubs } from '../native/stub-libraries.ts'

export const real = initialized().libraryPath
const skip = withoutStubs()

/** A folder with a driver. */
export let driver: string
/** ONNX Runtime with a provider that needs nothing. */
export let whole: string
/** A folder of CUDA's libraries, without cuDNN. */
export let cuda13: string

/** Suites that need a compiler, with the stubs above; their doctors run side by side. */
export function describeStubs(name: string, suite: () => void): void {
  describe.skipIf(skip)(`${name}${skip ? ` (skipped: ${skip})` : ''}`, { concurrent: true }, () => {
    beforeAll(() => {
      driver = newFolder()
      stubDriver(driver)
      whole = ortFolder(real, { needs: [] })
      cuda13 = makeFolder(NEEDS[13])
    })
    suite()
  })
}

export const NEEDS = {
  12: ['libcublasLt.so.12', 'libcublas.so.12', 'libcurand.so.10', 'libcudart.so.12'],
  13: ['libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10', 'libcudart.so.13'],
}
export const CUDNN = 'libcudnn.so.9'

/** A folder with libraries of these names. */
export function makeFolder(names: readonly string[]): string {
  const folder = newFolder()
  for (const name of names) compile(join(folder, name))
  return folder
}
