// A CUDA provider that crashes or hangs its probe's process.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { compile, newFolder, ortFolder } from '../native/stub-libraries.ts'
import { describeStubs, driver, real } from './doctor-cuda-support.ts'
import { diagnose, problem, run } from './doctor-support.ts'

describeStubs('the CUDA provider', () => {
  /** A provider that does this as soon as it is loaded. */
  function provider(statement: string): string {
    const ort = ortFolder(real, { needs: [] })
    const source = `#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\nvoid* GetProvider(void) { ${statement} return 0; }`
    compile(join(ort, 'libonnxruntime_providers_cuda.so'), { source })
    return ort
  }

  test('is reported if it hangs, because the probe times out', async () => {
    const surroundings = { ort: provider('for (;;) pause();'), paths: [driver] }
    const { code, checks } = await diagnose(['--timeout', '15', '--require', 'cpu,cuda'], surroundings)
    expect(code).toBe(1)
    expect(checks['run-cuda']).toMatchObject(problem('ERR_PROBE_TIMEOUT', 'probe.js run cuda'))
    expect(checks['run-cuda'].problem).toMatchObject({ expected: 'an exit within 15 s', found: 'none' })
    expect(checks['run-cpu'].status).toBe('ok')
  })

  test('is reported with the signal if it crashes', async () => {
    const surroundings = { ort: provider('raise(SIGSEGV);'), paths: [driver] }
    const { code, checks } = await diagnose([], surroundings)
    expect(code).toBe(0)
    expect(checks['run-cuda']).toMatchObject(problem('ERR_PROBE_CRASHED', 'probe.js run cuda'))
    expect(checks['run-cuda'].problem).toMatchObject({ found: 'SIGSEGV' })
    expect(checks['run-cpu'].status).toBe('ok')
    expect((await diagnose(['--require', 'cuda'], surroundings)).code).toBe(1)
  })

  test('does not outlive a doctor that is killed', async ({ expect }) => {
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
})

function isRunning(pid: number): boolean {
  // One that nobody has waited for is a zombie: it runs no more.
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
