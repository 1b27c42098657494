// Missing CUDA libraries.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile, newFolder, ortFolder } from '../native/stub-libraries.ts'
import { cuda13, describeStubs, driver, makeFolder, NEEDS, real } from './doctor-cuda-support.ts'
import { diagnose, problem, run } from './doctor-support.ts'

describeStubs("CUDA's libraries", () => {
  test('are reported if they are missing', async () => {
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

  test('are reported if they are of CUDA 13 and the provider is of CUDA 12', async () => {
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

  test('are reported if one is an invalid file', async () => {
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

  test('are reported if one needs a missing library', async () => {
    const folder = makeFolder(NEEDS[13].filter((name) => !name.includes('cublas')))
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

  test('are reported as text, with commands to paste', async () => {
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
    expect(stdout).toMatch(/\nRequired: cuda does not work\.\n$/)
  })
})
