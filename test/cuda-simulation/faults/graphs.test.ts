// A replay is never wrong: it is refused, or the graph is captured anew.
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeSimulated, scenario } from './support'

const graphs = <T>(name: string, ...args: string[]) => scenario<T>('graphs.mjs', name, args)

describeSimulated('graphs on the simulated GPU', () => {
  test.each(['session.run', 'binding', 'capture'])(
    'a graph is right after a larger batch, by %s',
    async (way) => {
      expect(await graphs('growing', way)).toEqual({
        before: [true, 0],
        after: [true, true, 1],
        seen: [true, 1],
        again: [true, 2],
        captured: true,
      })
    },
  )

  test("onStale: 'throw' refuses a run until the graph is captured again", async () => {
    expect(await graphs('throwing')).toEqual({
      before: true,
      stale: ['ERR_GRAPH_STALE', 'ERR_GRAPH_STALE', 0, true],
      plain: true,
      again: true,
    })
  })

  test.each(['session.run', 'binding'])('a replay leaves device results as they are, by %s', async (way) => {
    expect(await graphs('held', way)).toEqual({ wrong: [], replay: true, recaptures: 0 })
  })

  test('a state that grows on the device is right beside a graph', async () => {
    expect(await graphs('cache')).toBe(0)
  })

  test('a replay is right after the arena shrank', async () => {
    expect(await graphs('shrinking')).toEqual([true, true, true])
  })

  test.each([
    ['non-zero', 'a NonZero node'],
    ['gather-nd', 'GatherND'],
    ['random', 'a RandomNormalLike node'],
    ['lstm', 'host memory'],
  ])('a capture of %s is refused, and the session continues', async (which, says) => {
    const { message, ...result } = await graphs<{ message: string }>('refused', which)
    expect(result).toEqual({ codes: ['ERR_GRAPH_CAPTURE', 'ERR_GRAPH_CAPTURE'], plain: true })
    expect(message).toContain(says)
  })

  test('releaseCapture() destroys the executable graph', async () => {
    const trace = join(tmpdir(), `cuda-simulation-${process.pid}.trace`)
    try {
      expect(await scenario('graphs.mjs', 'released', [], { env: { CUDASIM_TRACE: trace } })).toBe(true)
      const calls = readFileSync(trace, 'utf8')
      const count = (name: string) => calls.split(name).length - 1
      expect(count('cuGraphExecDestroy')).toBeGreaterThanOrEqual(20)
      expect(count('cudaGraphInstantiate')).toBe(0)
    } finally {
      rmSync(trace, { force: true })
    }
  })
})
