// Random operations against a model that knows what each must give. HAMMER_SECONDS is how long; the seed is printed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runScript } from '../native/child.ts'

const SECONDS = Number(process.env.HAMMER_SECONDS ?? 3)
const script = fileURLToPath(new URL('hammer.mjs', import.meta.url))
const fakeCuda = join(process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build', 'fake-cuda')
const isBuilt = existsSync(join(import.meta.dirname, '..', '..', fakeCuda, 'fake_cuda.node'))

async function hammer(env: Record<string, string>) {
  const timeout = SECONDS * 1000 + 400_000
  // Coverage of processes that end at random complains on stderr.
  const { code, stdout, stderr } = await runScript(script, ['--seconds', String(SECONDS)], {
    env: { ...env, NODE_V8_COVERAGE: undefined, GCOV_ERROR_FILE: '/dev/null' },
    timeout,
  })
  console.log(stdout)
  // Graphs go stale here all the time, which the log says once for each binding.
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.includes('captured anew'))
  expect({ code, lines }).toEqual({ code: 0, lines: [] })
}

const limit = SECONDS * 1000 + 420_000

it('every operation gives what the model expects, on the CPU', () => hammer({}), limit)

it.skipIf(!isBuilt)(
  `every operation gives what the model expects, on the fake CUDA driver${isBuilt ? '' : ': SKIPPED, not built'}`,
  () => hammer({ ONNXRUNTIME_IOBINDING_BUILD: fakeCuda, TEST_PROVIDERS: 'cuda,cpu' }),
  limit,
)
