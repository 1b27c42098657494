// Runs that a client which leaves does not end: which models have them, and when.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { oneNode, slowLoop } from '../../test/helpers/model-builder.mjs'
import { timeDependsOnData } from '../dist/data-dependent.js'
import { RunTimes } from '../dist/run-times.js'
import { DirectRuns } from '../dist/runs.js'

const folder = mkdtempSync(join(tmpdir(), 'short-runs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const CHUNK = 2 ** 20
const node = (operator: string) => Buffer.from(`\x22${String.fromCharCode(operator.length)}${operator}`)

test.each([
  ['a loop', slowLoop(), true],
  ['no such operator', oneNode(), false],
  ['a tensor named Loop', Buffer.from('\x0a\x04Loop'), false],
  ['floats that become sizes', node('Cast'), true],
  ["ORT's format", Buffer.from('\x1c\0\0\0ORTM'), true],
  ['nothing', Buffer.alloc(0), false],
  ...[-5, -3, -1, 0, 1].map(
    (at) =>
      [
        `a loop ${at} bytes from a chunk's end`,
        Buffer.concat([Buffer.alloc(CHUNK + at), node('Loop')]),
        true,
      ] as const,
  ),
] as const)('%s', async (name, model, expected) => {
  const path = join(folder, name)
  writeFileSync(path, model)
  expect(await timeDependsOnData(path, ['float32', 'float16'])).toBe(expected)
  expect(await timeDependsOnData(path, ['float32', 'int64'])).toBe(true)
})

/** What the clock shows: a busy machine changes nothing here. */
let now = 0
beforeAll(() => void vi.spyOn(performance, 'now').mockImplementation(() => now))
afterAll(() => void vi.mocked(performance.now).mockRestore())

describe('RunTimes', () => {
  const shaped = (...shape: number[]) => [{ name: 'x', shape }]
  const wait = (ms: number) => {
    now += ms
  }
  /** Whether a run is short, which takes so long itself. */
  const run = (times: RunTimes, tookMs: number, shape: number[], inFlight = 1) =>
    times.measure(shaped(...shape), inFlight, async (short) => {
      wait(tookMs)
      return short
    })
  const learned = async () => {
    const times = new RunTimes()
    for (let i = 0; i < 100; ++i) await run(times, 0, [1, 2])
    return times
  }

  test('the first runs of a shape are not short', async () => {
    const times = await learned()
    expect(await run(times, 0, [1, 2])).toBe(true)
    expect(await run(times, 0, [2, 1])).toBe(false)
    expect(await run(new RunTimes(), 0, [1, 2])).toBe(false)
  })

  test('a long run makes the next ones long', async () => {
    const times = await learned()
    await run(times, 20, [1, 2])
    expect(await run(times, 0, [1, 2])).toBe(false)
  })

  test('a long run that fails, and short ones that fail, make none short', async () => {
    const times = await learned()
    const fail = (ms: number, shape: number[]) =>
      expect(
        times.measure(shaped(...shape), 1, async () => {
          wait(ms)
          throw new Error('failed')
        }),
      ).rejects.toThrow('failed')
    for (let i = 0; i < 100; ++i) await fail(0, [3])
    expect(await run(times, 0, [3])).toBe(false)
    await fail(20, [1, 2])
    expect(await run(times, 0, [1, 2])).toBe(false)
  })

  test('many in flight are long together', async () => {
    const times = await learned()
    await run(times, 1, [1, 2])
    expect(await run(times, 0, [1, 2], 1000)).toBe(false)
    expect(await run(times, 0, [1, 2])).toBe(true)
  })

  test('few shapes are kept', async () => {
    const times = await learned()
    for (let i = 0; i < 64; ++i) await run(times, 0, [i])
    expect(await run(times, 0, [1, 2])).toBe(false)
  })
})

describe('DirectRuns', async () => {
  const path = join(folder, 'one-node.onnx')
  writeFileSync(path, oneNode())
  const session = await InferenceSession.create(path)
  afterAll(() => session.release())
  const [{ name, type }] = session.inputMetadata as unknown as [{ name: string; type: string }]
  const shape = [1]
  const inputs = [{ name, type: { type }, shape, data: new Float32Array(1) }] as never

  test.each([
    ['none', new RunTimes(), true],
    ['one', undefined, false],
  ] as const)('short runs have a signal: %s', async (_, times, none) => {
    const runs = new DirectRuns(session, 1, times, () => 1)
    const { signal } = new AbortController()
    const spied = vi.spyOn(session, 'run')
    for (let i = 0; i < 100; ++i) await runs.run(inputs, undefined, { signal })
    expect(spied.mock.calls[0]![2]).toEqual({ signal })
    expect(spied.mock.lastCall![2]).toEqual(none ? {} : { signal })
    await runs.run(inputs, undefined, { signal, timeoutMs: 1000 })
    expect(spied.mock.lastCall![2]).toHaveProperty('signal')
    spied.mockRestore()
  })

  test('the result of a client that left meanwhile is none', async () => {
    const runs = new DirectRuns(session, 1, new RunTimes(), () => 1)
    for (let i = 0; i < 100; ++i) await runs.run(inputs, undefined, {})
    const left = new AbortController()
    const run = session.run.bind(session)
    const spied = vi.spyOn(session, 'run').mockImplementation((async (...given: Parameters<typeof run>) => {
      const results = await run(...given)
      left.abort(new Error('left'))
      return results
    }) as never)
    await expect(runs.run(inputs, undefined, { signal: left.signal })).rejects.toThrow('left')
    spied.mockRestore()
  })
})
