// A missing or unusable CUDA driver, and GPUs.
import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder, ortFolder, stubDriver } from '../native/stub-libraries.ts'
import { cuda13, describeStubs, driver, makeFolder, NEEDS, real, whole } from './doctor-cuda-support.ts'
import { diagnose, noDriver, problem } from './doctor-support.ts'

describeStubs('the CUDA driver', () => {
  test('is reported if it is missing', async () => {
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

  test("is reported if it is the toolkit's stub", async () => {
    const env = { STUB_CUDA_INIT: '34' }
    const { checks } = await diagnose(['--require', 'cuda'], { ort: whole, paths: [driver], env })
    expect(checks['cuda-driver']).toMatchObject(problem('ERR_CUDA_DRIVER_NOT_FOUND', 'nvidia-smi'))
    expect(checks['cuda-driver'].facts).toEqual({ path: join(driver, 'libcuda.so.1') })
  })

  test('is reported if it finds no GPU', async () => {
    const env = { STUB_CUDA_DEVICES: '0', CUDA_VISIBLE_DEVICES: '-1' }
    const { code, checks } = await diagnose(['--require', 'cuda'], { ort: whole, paths: [driver], env })
    expect(code).toBe(1)
    expect(checks['cuda-driver'].status).toBe('ok')
    expect(checks.gpus).toMatchObject(
      problem('ERR_CUDA_NO_DEVICE', 'unset CUDA_VISIBLE_DEVICES', 'nvidia-smi -L'),
    )
  })

  test('is reported if it finds an unusable GPU after or before a usable one', async () => {
    const gpus = (full: string) =>
      diagnose([], {
        ort: whole,
        paths: [driver],
        env: { STUB_CUDA_DEVICES: '3', STUB_CUDA_FULL: full },
      }).then(({ checks }) => checks.gpus)
    const free = '0.0 of 0.0 GiB free'
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
  function makeDriver(version: string): string {
    const folder = newFolder()
    stubDriver(folder)
    renameSync(join(folder, 'libcuda.so.1'), join(folder, `libcuda.so.${version}`))
    symlinkSync(`libcuda.so.${version}`, join(folder, 'libcuda.so.1'))
    return folder
  }

  test('is reported if it is older than every version of CUDA in the table', async () => {
    const { checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [makeDriver('440.33.01'), cuda13],
    })
    expect(checks['cuda-driver'].problem).toMatchObject({
      code: 'ERR_CUDA_DRIVER_VERSION',
      expected: 'driver 580 or newer',
      found: '440.33.01',
    })
  })

  test('is reported if it is too old for the provider', async () => {
    const old = makeDriver('535.104.05')
    const of = (major: 12 | 13) => ({
      ort: ortFolder(real, { needs: NEEDS[major] }),
      paths: [old, makeFolder(NEEDS[major])],
    })
    const { checks } = await diagnose(['--require', 'cuda'], of(13))
    expect(checks['cuda-driver']).toMatchObject(problem('ERR_CUDA_DRIVER_VERSION', 'nvidia-smi'))
    expect(checks['cuda-driver'].problem).toMatchObject({
      expected: 'driver 580 or newer',
      found: '535.104.05, which supports CUDA 12',
    })
    const fits = await diagnose(['--require', 'cuda'], of(12))
    expect(fits.checks['cuda-driver']).toMatchObject({
      status: 'ok',
      summary: '535.104.05, supports CUDA 12',
      facts: { path: join(old, 'libcuda.so.1') },
    })
    expect(fits.checks['cuda-provider'].summary).toBe('for CUDA 12')
  })

  test('is reported as usable even if a run fails', async () => {
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
    expect(checks.gpus).toMatchObject({ summary: '1', facts: { 'GPU 0': '0.0 of 0.0 GiB free' } })
    expect(checks['run-cuda']).toMatchObject(problem('ERR_CUDA_DRIVER_VERSION', 'nvidia-smi'))
  })
})
