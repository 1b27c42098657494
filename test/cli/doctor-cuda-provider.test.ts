// A CUDA provider that is not there, is none, or does not come to an end.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { copyPackage } from '../native/package-copy.ts'
import { compile, newFolder, ortFolder } from '../native/stub-libraries.ts'
import { cuda13, describeStubs, driver, NEEDS, real } from './doctor-cuda-support.ts'
import { diagnose, problem, run } from './doctor-support.ts'

describeStubs('the CUDA provider', () => {
  test.each([
    [
      'cut short',
      (whole: Buffer) => whole.subarray(0, whole.length / 2),
      /^a file that ends at byte \d+, and is longer$/,
    ],
    ['empty', () => Buffer.alloc(0), /^a file that ends at byte 0/],
    ['no library', () => Buffer.alloc(100, 'x'), /^no ELF file of 64 bits$/],
  ])('has a provider whose file is %s', async (_, cut, found) => {
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

  /** A provider that does this as soon as it is loaded. */
  function provider(statement: string): string {
    const ort = ortFolder(real, { needs: [] })
    const source = `#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\nvoid* GetProvider(void) { ${statement} return 0; }`
    compile(join(ort, 'libonnxruntime_providers_cuda.so'), { source })
    return ort
  }

  test('has a provider that crashes', async () => {
    const surroundings = { ort: provider('raise(SIGSEGV);'), paths: [driver] }
    const { code, checks } = await diagnose([], surroundings)
    expect(code).toBe(0)
    expect(checks['run-cuda']).toMatchObject(problem('ERR_PROBE_CRASHED', 'probe.js run cuda'))
    expect(checks['run-cuda'].problem).toMatchObject({ found: 'SIGSEGV' })
    expect(checks['run-cpu'].status).toBe('ok')
    expect((await diagnose(['--require', 'cuda'], surroundings)).code).toBe(1)
  })

  test('has a provider that hangs', async () => {
    const surroundings = { ort: provider('for (;;) pause();'), paths: [driver] }
    const { code, checks } = await diagnose(['--timeout', '15', '--require', 'cpu,cuda'], surroundings)
    expect(code).toBe(1)
    expect(checks['run-cuda']).toMatchObject(problem('ERR_PROBE_TIMEOUT', 'probe.js run cuda'))
    expect(checks['run-cuda'].problem).toMatchObject({ expected: 'an end within 15 s', found: 'none' })
    expect(checks['run-cpu'].status).toBe('ok')
  })

  test('is asked about by a doctor that is killed, and takes its probe with it', async () => {
    const written = join(newFolder(), 'pid')
    const write = `FILE* file = fopen("${written}", "w"); fprintf(file, "%d", getpid()); fclose(file);`
    const ort = provider(`${write} for (;;) pause();`)
    const ended = run(['--require', 'cuda'], {
      ort,
      paths: [driver],
      onStart: async (child) => {
        while (!existsSync(written) || readFileSync(written, 'utf8') === '') await setTimeout(50)
        child.kill('SIGTERM')
      },
    })
    expect((await ended).code).toBe(143)
    const pid = Number(readFileSync(written, 'utf8'))
    await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false)
  })

  test('has no provider, where the install script was skipped', async () => {
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

function isRunning(pid: number): boolean {
  // One that nobody has waited for is a zombie: it runs no more.
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
