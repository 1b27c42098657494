// A CUDA provider that is missing, or is not a library.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { copyPackage } from '../native/package-copy.ts'
import { ortFolder } from '../native/stub-libraries.ts'
import { cuda13, describeStubs, driver, NEEDS, real } from './doctor-cuda-support.ts'
import { diagnose, problem } from './doctor-support.ts'

describeStubs('the CUDA provider', () => {
  test.each([
    [
      'cut short',
      (whole: Buffer) => whole.subarray(0, whole.length / 2),
      /^a truncated file that ends at byte \d+$/,
    ],
    ['empty', () => Buffer.alloc(0), /^a truncated file that ends at byte 0/],
    ['not a library', () => Buffer.alloc(100, 'x'), /^not a 64-bit ELF file$/],
  ])('is reported if its file is %s', async (_, cut, found) => {
    const ort = ortFolder(real, { needs: NEEDS[13] })
    const file = join(ort, 'libonnxruntime_providers_cuda.so')
    writeFileSync(file, cut(readFileSync(file)))
    const { code, checks } = await diagnose(['--require', 'cuda'], { ort, paths: [driver, cuda13] })
    expect(code).toBe(1)
    expect(checks['cuda-libraries']).toMatchObject(
      problem('ERR_CUDA_LIBRARY_INVALID', 'pip install onnxruntime-gpu'),
    )
    expect(checks['cuda-libraries'].problem!.found).toMatch(found)
  })

  // onTestFinished(), which removes the copy of the package, does not work in concurrent tests.
  test.sequential('is reported if it is missing because the install script was skipped', async () => {
    const root = dirname(copyPackage('library.mjs', { addon: true }))
    const bin = join('node_modules', 'onnxruntime-node', 'bin', 'napi-v6', process.platform, process.arch)
    mkdirSync(join(root, bin), { recursive: true })
    writeFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), '{ "version": "1.30.0" }')
    symlinkSync(real, join(root, bin, 'libonnxruntime.so.1'))
    const surroundings = { root, paths: [driver] }
    const { code, checks } = await diagnose(['--require', 'cuda,cpu'], surroundings)
    expect(code).toBe(1)
    for (const name of ['cuda-provider', 'run-cuda'] as const) {
      expect(checks[name]).toMatchObject(
        problem(
          'ERR_CUDA_PROVIDER_NOT_FOUND',
          process.arch === 'x64'
            ? 'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js'
            : 'pip',
        ),
      )
      expect(checks[name].problem!.expected).toMatch(/^libonnxruntime_providers_\w+\.so in /)
    }
    expect(checks['run-cpu'].status).toBe('ok')
    expect(checks['cuda-libraries'].status).toBe('skipped')

    const unasked = await diagnose([], surroundings)
    expect(unasked.code).toBe(0)
    expect(unasked.checks['cuda-provider'].status).toBe('absent')
    expect(unasked.checks['run-cuda'].status).toBe('skipped')
  })
})
