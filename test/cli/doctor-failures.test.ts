// Real failures of the loader, of ONNX Runtime and of processes, each with a code and a remedy of its own.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { OrtError } from '../../lib/errors.ts'
import { toFailure } from '../../lib/tools/doctor/failure.ts'
import { wrapLibcError } from '../../lib/tools/doctor/libc.ts'
import { copyPackage } from '../native/package-copy.ts'
import { compile, newFolder, withoutStubs } from '../native/stub-libraries.ts'
import { diagnose, problem } from './doctor-support.ts'

const fixtures = join(import.meta.dirname, '..', 'native', 'fixtures')
const ADDON = join('build', 'Release', 'onnxruntime_iobinding.node')
const skip = withoutStubs()
const note = skip ? ` (skipped: ${skip})` : ''

/** A copy of the package, with or without what it looks for. */
const copy = (has: Parameters<typeof copyPackage>[1]) => dirname(copyPackage('library.mjs', has))

describe('the addon', () => {
  test('is reported if it is missing', async () => {
    const root = copy({ onnxruntimeNode: true })
    const { code, diagnosis, checks } = await diagnose([], { root })
    expect(code).toBe(1)
    expect(diagnosis.required).toEqual({ native: false, cpu: true })
    expect(checks.addon).toMatchObject(
      problem('ERR_ADDON_NOT_LOADED', 'npm install onnxruntime-iobinding@latest'),
    )
    expect(checks.addon.problem!.message).toContain(`${join(root, ADDON)}: no such file`)
    expect(checks.onnxruntime).toMatchObject({ status: 'skipped', facts: { source: 'onnxruntime-node' } })
    expect(checks['run-cpu'].summary).toBe('runs correctly on the onnxruntime-node engine')

    const cpu = await diagnose(['--require', 'cpu'], { root })
    expect({ code: cpu.code, addon: cpu.checks.addon.status }).toEqual({ code: 0, addon: 'absent' })
  })

  test('is reported if it is broken', async () => {
    const root = copy({ onnxruntimeNode: true })
    mkdirSync(dirname(join(root, ADDON)), { recursive: true })
    writeFileSync(join(root, ADDON), 'no shared object')
    // As in a checkout, which can build it.
    writeFileSync(join(root, 'CMakeLists.txt'), '')
    const { code, checks } = await diagnose(['--require', 'cpu'], { root })
    expect(code).toBe(0)
    expect(checks.addon).toMatchObject(
      problem('ERR_ADDON_NOT_LOADED', `npm --prefix ${root} run build:native`),
    )
  })

  test('is reported if onnxruntime-node is missing too', async () => {
    const { code, diagnosis, checks } = await diagnose([], { root: copy({}) })
    expect(code).toBe(1)
    expect(diagnosis.required).toEqual({ native: false, cpu: false })
    expect(checks['onnxruntime-node']).toMatchObject({ status: 'absent', summary: 'is not installed' })
    expect(checks['run-cpu']).toMatchObject(problem('ERR_LIBRARY_NOT_FOUND', 'npm install onnxruntime-node'))
  })

  test.skipIf(skip)(`is reported if it was built for musl${note}`, async () => {
    const root = copy({ onnxruntimeNode: true })
    const musl = compile(join(newFolder(), 'libc.musl-x86_64.so.1'))
    compile(join(root, ADDON), { needs: [musl] })
    const { checks } = await diagnose([], { root })
    expect(checks.addon).toMatchObject(problem('ERR_LIBC', 'npm install onnxruntime-iobinding'))
    expect(checks.addon.problem).toMatchObject({
      expected: expect.stringMatching(/^a build for glibc 2\.\d+$/),
      found: 'a build for musl',
    })
  })
})

// Messages of loaders that this machine does not have: musl's, and glibc's for a library that needs a newer glibc.
test.each([
  [
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/libonnxruntime.so.1)',
    { code: 'ERR_LIBC', given: 'a build for glibc' },
  ],
  [
    'Error relocating /app/libonnxruntime.so.1: __vsnprintf_chk: symbol not found',
    { code: 'ERR_LIBC', given: 'a build for glibc' },
  ],
  [
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found (required by /app/onnxruntime_iobinding.node)",
    { code: 'ERR_LIBC_VERSION', expected: 'glibc 2.99 or newer' },
  ],
  [
    "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.99' not found (required by /app/libonnxruntime.so.1)",
    { code: 'ERR_LIBC_VERSION', expected: 'a libstdc++ with GLIBCXX_3.4.99' },
  ],
  [
    'libstdc++.so.6: cannot open shared object file: No such file or directory',
    { code: 'ERR_ADDON_NOT_LOADED' },
  ],
])('the doctor wraps the message of the loader "%s"', (message, expected) => {
  const failure = toFailure(new OrtError('ERR_ADDON_NOT_LOADED', message, { remedy: 'Build it' }))
  expect(wrapLibcError(failure)).toMatchObject({ message, ...expected })
})

describe("ONNX Runtime's library", () => {
  test('is reported if it and onnxruntime-node are missing', async () => {
    const { code, checks } = await diagnose([], { root: copy({ addon: true }) })
    expect(code).toBe(1)
    expect(checks.onnxruntime).toMatchObject(
      problem('ERR_LIBRARY_NOT_FOUND', 'npm install onnxruntime-node@latest'),
    )
    expect(checks['onnxruntime-node'].status).toBe('absent')
    expect(checks['run-cpu']).toMatchObject({ status: 'skipped', summary: 'ONNX Runtime is not open' })
  })

  test('is reported if it is missing at ORT_DYLIB_PATH', async () => {
    const { code, checks } = await diagnose([], { ort: '/nowhere' })
    expect(code).toBe(1)
    expect(checks.onnxruntime).toMatchObject(
      problem('ERR_LIBRARY_NOT_FOUND', 'ORT_DYLIB_PATH', 'npm install onnxruntime-node@latest'),
    )
    expect(checks.onnxruntime.facts).toEqual({
      path: join('/nowhere', 'libonnxruntime.so.1'),
      source: 'ORT_DYLIB_PATH',
    })
  })

  describe.skipIf(skip)(`compiled${note}`, () => {
    const LIBRARY = 'libonnxruntime.so.1'

    test('is reported if it is older than the minimum version', async () => {
      const ort = newFolder()
      const source = `#define VERSION "1.23.2"\n#include "${join(fixtures, 'fake-library.c')}"`
      compile(join(ort, LIBRARY), { source })
      const { code, diagnosis, checks } = await diagnose([], { ort })
      expect(code).toBe(1)
      expect(diagnosis.required).toEqual({ native: false, cpu: false })
      expect(checks.onnxruntime).toMatchObject(
        problem('ERR_LIBRARY_VERSION', 'unset ORT_DYLIB_PATH', 'npm install onnxruntime-node@latest'),
      )
      expect(checks.onnxruntime.problem!.message).toContain('ONNX Runtime 1.23.2 was found')
      expect(checks.onnxruntime.problem!.expected).toBe('ONNX Runtime 1.24 or newer')
    })

    test('is reported if it was built for musl', async () => {
      const ort = newFolder()
      compile(join(ort, LIBRARY), { needs: [compile(join(newFolder(), 'libc.musl-x86_64.so.1'))] })
      const { checks } = await diagnose([], { ort })
      expect(checks.onnxruntime).toMatchObject(
        problem('ERR_LIBC', 'unset ORT_DYLIB_PATH', 'npm install onnxruntime-node@latest'),
      )
    })

    test('is reported if it crashes', async () => {
      const ort = newFolder()
      const source = '#include <signal.h>\nvoid* OrtGetApiBase(void) { raise(SIGSEGV); return 0; }'
      compile(join(ort, LIBRARY), { source })
      const { code, checks } = await diagnose([], { ort })
      expect(code).toBe(1)
      expect(checks.onnxruntime).toMatchObject(problem('ERR_PROBE_CRASHED', 'probe.js onnxruntime'))
      expect(checks.onnxruntime.problem).toMatchObject({ expected: 'exit code 0', found: 'SIGSEGV' })
      expect(checks['onnxruntime-node'].status).toBe('ok')
      expect(checks['run-cpu'].status).toBe('skipped')
    })
  })
})

test('the doctor reports an unknown engine that the environment selects', async () => {
  const env = { ONNXRUNTIME_IOBINDING_ENGINE: 'tensorflow' }
  const { code, checks } = await diagnose([], { env })
  expect(code).toBe(1)
  expect(checks['run-cpu']).toMatchObject(problem('ERR_INVALID_ARG_VALUE', 'ONNXRUNTIME_IOBINDING_ENGINE'))
})

test.skipIf(process.platform !== 'linux')('the doctor reports that WebGPU finds no GPU', async () => {
  const { code, checks } = await diagnose(['--require', 'webgpu'])
  expect(code).toBe(1)
  for (const name of ['webgpu-adapter', 'run-webgpu'] as const) {
    expect(checks[name]).toMatchObject(problem('ERR_WEBGPU_NO_ADAPTER', 'vulkan'))
  }
  const unasked = await diagnose(['--require', 'cpu'])
  expect(unasked.code).toBe(0)
  expect(unasked.checks['webgpu-adapter'].status).toBe('absent')
  expect(unasked.checks['run-webgpu'].status).toBe('skipped')
})
