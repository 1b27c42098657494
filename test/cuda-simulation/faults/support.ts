// Scenarios on the simulated GPU, each in a process of its own: some of them lose the GPU.
import { describe, expect } from 'vitest'
import { type ChildOptions, runScript } from '../../native/child'

const simulated = process.env.CUDASIM_NVDISASM !== undefined

/** Suites that need the simulated GPU; skipped, with the reason, without it. */
export function describeSimulated(title: string, tests: () => void) {
  describe.skipIf(!simulated)(title + (simulated ? '' : ': SKIPPED, no simulated GPU'), tests)
}

/** Runs `node fixtures/FILE NAME ARGS`, which must end well, and returns what it printed last, as JSON. */
export async function scenario<T>(
  file: string,
  name: string,
  args: readonly (string | number)[] = [],
  { env = {}, ...options }: ChildOptions = {},
): Promise<T> {
  const path = `${import.meta.dirname}/fixtures/${file}`
  const ended = await runScript(path, [name, ...args.map(String)], {
    ...options,
    // What a lost GPU makes the simulator call a misuse is not one.
    env: { ...('CUDASIM_FAIL' in env && { CUDASIM_VIOLATIONS: undefined }), ...env },
  })
  expect(ended, ended.stderr + ended.stdout).toMatchObject({ code: 0, signal: null })
  return JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as T
}
