import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compile, hasCompiler, real, report } from './library-child'

describe('the log', () => {
  it('is passed to onLog, filtered by its level', async () => {
    const { result, stderr } = await report(['onLog', 'verbose'])
    expect(new Set(result.map(({ level }: { level: string }) => level))).toContain('info')
    for (const record of result) {
      expect(record).toEqual({
        level: expect.stringMatching(/^(verbose|info|warning|error|fatal)$/),
        category: expect.any(String),
        logId: expect.any(String),
        location: expect.stringMatching(/:\d+ /),
        message: expect.any(String),
      })
    }
    expect(stderr).toBe('')
    expect((await report(['onLog', 'error'])).result).toEqual([])
  })

  it('is passed to the newest receiver of repeated calls with the same options', async () => {
    const refused = 'ERR_ALREADY_INITIALIZED'
    expect((await report(['onLogAgain'])).result).toEqual([false, true, refused, refused])
  })

  it('is passed to the receiver of the newest copy of the package in a thread', async () => {
    expect((await report(['onLogOfCopy'])).result).toEqual([true, true])
  })

  it('is passed to the first receiver of the process, from any thread', async () => {
    expect((await report(['onLogOfWorker'])).result).toEqual(['native', true, 'ERR_ALREADY_INITIALIZED'])
  })

  it.skipIf(!hasCompiler())(
    'is passed to the receiver of the environment that could be created',
    async () => {
      const source = fileURLToPath(new URL('fixtures/failing-library.c', import.meta.url))
      const functions = readFileSync(new URL('../../native/ort/functions.inc', import.meta.url), 'utf8')
      const [, last] = [...functions.matchAll(/^ORT_FUNCTION\((\d+)/gm)].at(-1)!
      const libraryPath = compile(`-DLIBRARY="${real}"`, `-DSLOTS=${Number(last) + 1}`, source)
      const { result } = await report(['onLogAfterFailure', libraryPath])
      expect(result).toEqual(['ERR_ORT_FAIL', 'native', 0, true])
    },
  )

  it('continues after a receiver that throws', async () => {
    expect((await report(['onLogThrows'])).result).toEqual(['native', ['thrown by onLog']])
  })

  it('of sessions is passed to onLog where onnxruntime-node made the environment', async () => {
    const { result, stderr } = await report(['onLogAfterNode'])
    expect(result).toContain('info')
    expect(stderr).not.toContain('Session successfully initialized')
  })

  it('has the level of initialize where onnxruntime-node made the environment', async () => {
    expect((await report(['logLevelAfterNode', 'info'])).stderr).toMatch(/\[I:onnxruntime/)
    expect((await report(['logLevelAfterNode', 'error'])).stderr).toBe('')
  })

  it('has one level, which no other thread changes', async () => {
    expect((await report(['logLevelOfWorkers'])).result).toEqual(['native', 'ERR_ALREADY_INITIALIZED'])
  })

  it("is written to stderr, filtered by the level of onnxruntime-common's env", async () => {
    expect((await report(['logLevel', 'verbose'])).stderr).toMatch(/\[[VI]:onnxruntime/)
    expect((await report(['logLevel', 'error'])).stderr).toBe('')
  })
})
