// What the tests of the scripts for a GPU machine share: the pack in an empty folder, with the fake driver's addon.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, initialized } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { parseLines } from '../../benchmarks/core/journal.mjs'
import { small } from './expected-models.mjs'

export const root = join(import.meta.dirname, '..', '..')
const build = process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build'
const addon = join(root, build, 'fake-cuda', 'Release', 'onnxruntime_iobinding.node')
/** A folder for what the tests of a file write. */
export const folder = mkdtempSync(join(tmpdir(), 'gpu-scripts-'))
afterAll(() => rmSync(folder, { recursive: true }))

export interface Entry {
  type: string
  id?: string
  status?: string
  rehearsal?: boolean
  gpus?: { name: string }[]
  [key: string]: unknown
}

export const TEST = 'test/gpu/test.mjs'
export const BENCH = 'benchmarks/suites/gpu/bench.mjs'

/** An environment with nothing of this test's but ONNX Runtime's library. */
export function bareEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME, ORT_DYLIB_PATH: initialized()!.libraryPath }
}

/** Runs a script in Node. */
export function node(cwd: string, script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    env: bareEnv(),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

export const read = (file: string): Entry[] => parseLines(readFileSync(file, 'utf8'))

beforeAll(async () => {
  // The other processes use the library that this process has found.
  const session = await InferenceSession.create(small('one-node'))
  await session.release()
})

const why = existsSync(addon) ? '' : `: SKIPPED, no ${addon} (npm run build:fake-cuda)`

/** Tests of the pack in `alone`, an empty folder. */
export function describePack(tests: (alone: string) => void): void {
  describe.skipIf(!existsSync(addon))(`the pack in an empty folder, on the fake driver${why}`, () => {
    const pack = join(folder, 'pack')
    const alone = join(folder, 'alone')

    beforeAll(() => {
      expect(node(root, 'test/gpu/pack.mjs', '--out', pack, '--addon', addon)).toMatchObject({ status: 0 })
      cpSync(pack, alone, { recursive: true })
    })

    tests(alone)
  })
}
