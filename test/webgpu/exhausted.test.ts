// ONNX Runtime logs the copies that WebGPU refuses, and continues.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runScript } from '../native/child.ts'
import { compile, newFolder, withoutStubs } from '../native/stub-libraries.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

test.skipIf(withoutStubs()).each(['device', 'host'])(
  'a large copy that the memory of the %s does not suffice for is an error, and the session continues',
  async (memory) => {
    const preload = compile(join(newFolder(), 'failing.so'), { source: fixture('failing-driver.cc') })
    const { code, signal, stdout, stderr } = await runScript(fixture('exhausted.mjs'), [memory], {
      // What is freed goes back to the system, and is not allocated from again.
      env: {
        LD_PRELOAD: memory === 'device' ? preload : undefined,
        GLIBC_TUNABLES: 'glibc.malloc.mmap_threshold=1048576',
      },
    })
    expect({ code, signal }, stderr).toEqual({ code: 0, signal: null })
    const { codes, ...values } = JSON.parse(stdout)
    // What the device frees meanwhile suffices for some copies from the host.
    const allowed = ['ERR_OUT_OF_MEMORY', ...(memory === 'host' ? ['none'] : [])]
    expect(Object.values(codes)).toContain('ERR_OUT_OF_MEMORY')
    expect(Object.entries<string>(codes).filter(([, code]) => !allowed.includes(code))).toEqual([])
    const kept = codes.write === 'none' ? [2, 2] : [1, 1]
    expect(values).toEqual({ kept, written: [2, 2], sync: [10, 10], run: [12, 12], small: [7] })
  },
)
