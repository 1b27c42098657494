// Missing cuDNN, and the libraries of NVIDIA's Python wheels.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, newFolder, ortFolder } from '../native/stub-libraries.ts'
import {
  CUDNN,
  cuda13,
  describeStubs,
  driver,
  makeFolder,
  NEEDS,
  real,
  whole,
} from './doctor-cuda-support.ts'
import { diagnose, problem } from './doctor-support.ts'

describeStubs('cuDNN and the wheels', () => {
  test('a cuDNN that is an invalid file is reported', async () => {
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

  test('a missing cuDNN is absent if the provider needs it for some operators only', async () => {
    const { checks } = await diagnose(['--require', 'cuda'], {
      ort: ortFolder(real, { needs: NEEDS[13] }),
      paths: [driver, cuda13],
    })
    expect(checks['cuda-libraries'].status).toBe('ok')
    expect(checks.cudnn).toMatchObject({ status: 'absent', problem: { code: 'ERR_CUDA_LIBRARY_NOT_FOUND' } })
    expect(checks.cudnn.problem!.remedy.commands[0]).toBe('pip install nvidia-cudnn-cu13')
    expect(checks.cudnn.summary).toContain('convolutions')
  })

  test('a missing cuDNN is an error if the provider needs it', async () => {
    const ort = ortFolder(real, { needs: [...NEEDS[12], CUDNN] })
    const surroundings = { ort, paths: [driver, makeFolder(NEEDS[12])] }
    const { code, checks } = await diagnose(['--require', 'cuda'], surroundings)
    expect(code).toBe(1)
    expect(checks['cuda-libraries'].status).toBe('ok')
    expect(checks.cudnn).toMatchObject(problem('ERR_CUDA_LIBRARY_NOT_FOUND', 'pip install nvidia-cudnn-cu12'))
  })

  test('libraries in the wheels of a Python environment are found', async () => {
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
    expect(checks['cuda-libraries'].facts['libcufft.so.12']).toBe('not found; some operators need it')
    expect(checks.cudnn).toMatchObject({ status: 'ok', summary: '9.15.1.9' })
    // Past the loader: the stub has refused.
    expect(checks['run-cuda'].problem!.message).toContain('given:')
  })

  test('a Python environment without the libraries, or a missing one, is reported', async () => {
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
})
