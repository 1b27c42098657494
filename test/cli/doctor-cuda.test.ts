// What CUDA needs and is not there, with ONNX Runtime's real library and the system's real loader. The driver, CUDA's
// libraries and the provider are stubs of a compiler: no GPU is needed, and one that is there is kept out.
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { initialized } from 'onnxruntime-iobinding'
import { beforeAll, describe, expect, test } from 'vitest'
import { copyPackage } from '../native/package-copy.ts'
import { compile, newFolder, ortFolder, stubDriver, withoutStubs } from '../native/stub-libraries.ts'
import { diagnose, noDriver, problem, run } from './doctor-support.ts'

const real = initialized().libraryPath
const skip = withoutStubs()

describe.skipIf(skip)(`CUDA${skip ? ` (skipped: ${skip})` : ''}`, () => {
  const NEEDS = {
    12: ['libcublasLt.so.12', 'libcublas.so.12', 'libcurand.so.10', 'libcudart.so.12'],
    13: ['libcublasLt.so.13', 'libcublas.so.13', 'libcurand.so.10', 'libcudart.so.13'],
  }
  const CUDNN = 'libcudnn.so.9'
  let driver: string
  /** ONNX Runtime with a provider that needs nothing. */
  let whole: string
  /** Folders of CUDA's libraries, without cuDNN. */
  let cuda13: string

  const folderOf = (names: readonly string[]) => {
    const folder = newFolder()
    for (const name of names) compile(join(folder, name))
    return folder
  }

  beforeAll(() => {
    driver = newFolder()
    stubDriver(driver)
    whole = ortFolder(real, { needs: [] })
    cuda13 = folderOf(NEEDS[13])
  })

  test('has no driver', async () => {
    const surroundings = { ort: whole, paths: [noDriver()] }
    const { code, checks } = await diagnose(['--require', 'cuda'], surroundings)
    expect(code).toBe(1)
    for (const name of ['cuda-driver', 'run-cuda'] as const) {
      expect(checks[name]).toMatchObject(problem('ERR_CUDA_DRIVER_NOT_FOUND', 'nvidia-smi'))
    }
    expect(checks.gpus.status).toBe('skipped')

    const unasked = await diagnose([], surroundings)
    expect(unasked.code).toBe(0)
    expect(unasked.checks['cuda-driver'].status).toBe('absent')
    expect(unasked.checks['run-cuda'].status).toBe('absent')
  })

  test("has the toolkit's stub of a driver", async () => {
    const env = { STUB_CUDA_INIT: '34' }
    const { checks } = await diagnose(['--require', 'cuda'], { ort: whole, paths: [driver], env })
    expect(checks['cuda-driver']).toMatchObject(problem('ERR_CUDA_DRIVER_NOT_FOUND', 'nvidia-smi'))
    expect(checks['cuda-driver'].facts).toEqual({ path: join(driver, 'libcuda.so.1') })
  })

  test('has no GPU', async () => {
    const env = { STUB_CUDA_DEVICES: '0', CUDA_VISIBLE_DEVICES: '-1' }
    const { code, checks } = await diagnose(['--require', 'cuda'], { ort: whole, paths: [driver], env })
    expect(code).toBe(1)
    expect(checks['cuda-driver'].status).toBe('ok')
    expect(checks.gpus).toMatchObject(
      problem('ERR_CUDA_NO_DEVICE', 'unset CUDA_VISIBLE_DEVICES', 'nvidia-smi -L'),
    )
  })

  test('has a GPU that cannot be used, behind one that can, and the other way round', async () => {
    const gpus = (full: string) =>
      diagnose([], {
        ort: whole,
        paths: [driver],
        env: { STUB_CUDA_DEVICES: '3', STUB_CUDA_FULL: full },
      }).then(({ checks }) => checks.gpus)
    const free = '0.0 of 0.0 GiB are free'
    expect(await gpus('1')).toMatchObject({
      status: 'ok',
      summary: '3, of which 1 cannot be used',
      facts: { 'GPU 0': free, 'GPU 1': expect.stringContaining('ERR_CUDA_OUT_OF_MEMORY'), 'GPU 2': free },
    })
    const first = await gpus('0')
    expect(first).toMatchObject(problem('ERR_CUDA_OUT_OF_MEMORY', 'nvidia-smi'))
    expect(first.facts['GPU 2']).toBe(free)
  })

  /** A driver whose file tells its version. */
  function driverOf(version: string): string {
    const folder = newFolder()
    stubDriver(folder)
    renameSync(join(folder, 'libcuda.so.1'), join(folder, `libcuda.so.${version}`))
    symlinkSync(`libcuda.so.${version}`, join(folder, 'libcuda.so.1'))
    return folder
  }

  test('has a driver that is too old for any CUDA that it could be for', async () => {
    const { checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [driverOf('440.33.01'), cuda13],
    })
    expect(checks['cuda-driver'].problem).toMatchObject({
      code: 'ERR_CUDA_DRIVER_VERSION',
      expected: 'driver 580 or newer',
      found: '440.33.01',
    })
  })

  test('has a driver that is too old for the provider', async () => {
    const old = driverOf('535.104.05')
    const of = (major: 12 | 13) => ({
      ort: ortFolder(real, { needs: NEEDS[major] }),
      paths: [old, folderOf(NEEDS[major])],
    })
    const { checks } = await diagnose(['--require', 'cuda'], of(13))
    expect(checks['cuda-driver']).toMatchObject(problem('ERR_CUDA_DRIVER_VERSION', 'nvidia-smi'))
    expect(checks['cuda-driver'].problem).toMatchObject({
      expected: 'driver 580 or newer',
      found: '535.104.05, which serves CUDA 12',
    })
    const fits = await diagnose(['--require', 'cuda'], of(12))
    expect(fits.checks['cuda-driver']).toMatchObject({
      status: 'ok',
      summary: '535.104.05, serves CUDA 12',
      facts: { path: join(old, 'libcuda.so.1') },
    })
    expect(fits.checks['cuda-provider'].summary).toBe('is for CUDA 12')
  })

  test('has all that can be looked at, and a run that fails', async () => {
    const STUB_PROVIDER_ERROR =
      'CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0 ; hostname=host ; file=cuda.cc ; line=1 ; expr=cudaSetDevice(0); '
    const { code, checks } = await diagnose(['--require', 'cuda,cpu'], {
      ort: whole,
      paths: [driver],
      env: { STUB_PROVIDER_ERROR },
    })
    expect(code).toBe(1)
    for (const name of ['cuda-provider', 'cuda-libraries', 'cuda-driver', 'gpus', 'run-cpu'] as const) {
      expect(checks[name].status).toBe('ok')
    }
    expect(checks.gpus).toMatchObject({ summary: '1', facts: { 'GPU 0': '0.0 of 0.0 GiB are free' } })
    expect(checks['run-cuda']).toMatchObject(problem('ERR_CUDA_DRIVER_VERSION', 'nvidia-smi'))
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
          process.arch === 'x64' ? 'npm rebuild onnxruntime-node' : 'pip',
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

  test('has none of its libraries', async () => {
    const surroundings = { ort: ortFolder(real, { needs: NEEDS[13] }), paths: [driver] }
    const { code, checks } = await diagnose(['--require', 'cuda'], surroundings)
    expect(code).toBe(1)
    const pip = 'pip install nvidia-cublas nvidia-curand nvidia-cuda-runtime'
    expect(checks['cuda-libraries']).toMatchObject(problem('ERR_CUDA_LIBRARY_NOT_FOUND', pip, '--python'))
    expect(checks['cuda-libraries'].problem!.expected).toBe(NEEDS[13].join(', '))
    expect(checks['run-cuda']).toMatchObject(
      problem('ERR_CUDA_LIBRARY_NOT_FOUND', 'pip install nvidia-cublas'),
    )
    const unasked = await diagnose([], surroundings)
    expect(unasked.code).toBe(0)
    expect(unasked.checks['cuda-libraries'].status).toBe('absent')
  })

  test('has those of CUDA 13, and its provider is for CUDA 12', async () => {
    const { code, checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[12] }),
      paths: [driver, cuda13],
    })
    expect(code).toBe(1)
    const pip = 'pip install nvidia-cublas-cu12 nvidia-cuda-runtime-cu12'
    expect(checks['cuda-libraries']).toMatchObject(problem('ERR_CUDA_VERSION', pip))
    expect(checks['cuda-libraries'].problem).toMatchObject({
      expected: 'libcublasLt.so.12, libcublas.so.12, libcudart.so.12',
      found: 'libcublasLt.so.13',
    })
    expect(checks['cuda-libraries'].facts['libcurand.so.10']).toBe(join(cuda13, 'libcurand.so.10'))
    expect(checks['run-cuda']).toMatchObject(problem('ERR_CUDA_VERSION', 'nvidia-cublas-cu12'))
  })

  test('has a library that is none', async () => {
    const broken = newFolder()
    writeFileSync(join(broken, 'libcudart.so.13'), 'no library')
    const { checks } = await diagnose([], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [broken, driver, cuda13],
    })
    // Wrong, and not only absent: a problem, even where CUDA was not asked for.
    expect(checks['cuda-libraries']).toMatchObject(
      problem('ERR_CUDA_LIBRARY_INVALID', 'pip install --force-reinstall nvidia-cuda-runtime'),
    )
    expect(checks['cuda-libraries'].problem!.message).toContain('libcudart.so.13 cannot be loaded')
  })

  test('has a library that wants another, which is not there', async () => {
    const folder = folderOf(NEEDS[13].filter((name) => !name.includes('cublas')))
    const gone = compile(join(newFolder(), 'libcublasLt.so.13'))
    compile(join(folder, 'libcublas.so.13'), { needs: [gone] })
    const { checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13].filter((name) => !name.includes('Lt')) }),
      paths: [driver, folder],
    })
    expect(checks['cuda-libraries']).toMatchObject(
      problem('ERR_CUDA_LIBRARY_NOT_FOUND', 'pip install nvidia-cublas'),
    )
    expect(checks['cuda-libraries'].problem!.expected).toBe('libcublasLt.so.13')
  })

  test('has a cuDNN that is none', async () => {
    const broken = newFolder()
    writeFileSync(join(broken, CUDNN), 'no library')
    const { checks } = await diagnose([], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [broken, driver, cuda13],
    })
    expect(checks.cudnn).toMatchObject(
      problem('ERR_CUDA_LIBRARY_INVALID', 'pip install --force-reinstall nvidia-cudnn-cu13'),
    )
  })

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

  test('has no cuDNN, which the provider does without, until an operator wants it', async () => {
    const { checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [driver, cuda13],
    })
    expect(checks['cuda-libraries'].status).toBe('ok')
    expect(checks.cudnn).toMatchObject({ status: 'absent', problem: { code: 'ERR_CUDA_LIBRARY_NOT_FOUND' } })
    expect(checks.cudnn.problem!.remedy.commands[0]).toBe('pip install nvidia-cudnn-cu13')
    expect(checks.cudnn.summary).toContain('convolutions')
  })

  test('has no cuDNN, which the provider needs', async () => {
    const ort = ortFolder(real, { needs: [...NEEDS[12], CUDNN] })
    const surroundings = { ort, paths: [driver, folderOf(NEEDS[12])] }
    const { code, checks } = await diagnose(['--require', 'cuda'], surroundings)
    expect(code).toBe(1)
    expect(checks['cuda-libraries'].status).toBe('ok')
    expect(checks.cudnn).toMatchObject(problem('ERR_CUDA_LIBRARY_NOT_FOUND', 'pip install nvidia-cudnn-cu12'))
  })

  test('has its libraries in the wheels of a Python environment', async () => {
    const site = join(newFolder(), 'lib', 'python3.99', 'site-packages')
    for (const name of NEEDS[13]) compile(join(site, 'nvidia', 'cu13', 'lib', name))
    compile(join(site, 'nvidia', 'cudnn', 'lib', CUDNN))
    for (const [wheel, version] of [
      ['nvidia_cublas', '13.1.0.3'],
      ['nvidia_cudnn_cu13', '9.15.1.9'],
    ]) {
      mkdirSync(join(site, `${wheel}-${version}.dist-info`))
    }
    const args = ['--require', 'cuda', '--python', site]
    const { checks } = await diagnose(args, { ort: ortFolder(real, { needs: NEEDS[13] }), paths: [driver] })
    const path = join(site, 'nvidia', 'cu13', 'lib', 'libcublasLt.so.13')
    expect(checks['cuda-libraries'].status).toBe('ok')
    expect(checks['cuda-libraries'].facts['libcublasLt.so.13']).toBe(`13.1.0.3, ${path}`)
    expect(checks['cuda-libraries'].facts['libcufft.so.12']).toBe('not found; some operators open it')
    expect(checks.cudnn).toMatchObject({ status: 'ok', summary: '9.15.1.9' })
    // Past the loader: the stub has refused.
    expect(checks['run-cuda'].problem!.message).toContain('given:')
  })

  test('has a Python environment that holds none, or is none', async () => {
    const site = join(newFolder(), 'site-packages')
    compile(join(site, 'nvidia', 'cudnn', 'lib', CUDNN))
    const surroundings = { ort: ortFolder(real, { needs: NEEDS[12] }), paths: [driver] }
    const { checks } = await diagnose(['--require', 'cuda', '--python', site], surroundings)
    expect(checks['cuda-libraries']).toMatchObject(
      problem(
        'ERR_CUDA_LIBRARY_NOT_FOUND',
        `pip install --target ${site} nvidia-cublas-cu12 nvidia-curand-cu12 nvidia-cuda-runtime-cu12`,
        `--python ${site}`,
      ),
    )
    expect(checks.cudnn.status).toBe('skipped')

    const none = await diagnose(['--require', 'cuda', '--python', '/nowhere/python'], { ort: whole })
    expect(none.checks['cuda-libraries']).toMatchObject(problem('ERR_INVALID_ARG_VALUE', 'venv'))
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

  test('is told as text, with what to paste', async () => {
    const { code, stdout } = await run(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [driver],
    })
    expect(code).toBe(1)
    expect(stdout).toContain(
      'PROBLEM  CUDA libraries    ERR_CUDA_LIBRARY_NOT_FOUND: the CUDA provider needs libcublasLt.so.13',
    )
    expect(stdout).toMatch(/^ +expected +libcublasLt\.so\.13, /m)
    expect(stdout).toMatch(/^ +pip install nvidia-cublas nvidia-curand nvidia-cuda-runtime$/m)
    expect(stdout).toMatch(/\nWhat was asked for: cuda does not work\.\n$/)
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
