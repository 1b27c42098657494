// Options of ONNX Runtime for bound runs, given to the call or prepared.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  InferenceSession,
  IoBinding,
  IoBindingRunOptions,
  PreparedRunOptions,
} from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { slowLoop, twoInputs } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

let dir: string
let session: InferenceSession
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'run-options-'))
  session = await createSession(twoInputs())
})
afterAll(async () => {
  await session.release()
  rmSync(dir, { recursive: true })
})

function bound(of = session): IoBinding {
  const io = of.createIoBinding({ a: [2], b: [2] })
  io.inputs.a.set([1, 2])
  io.inputs.b.set([3, 4])
  return io
}

const run = (io: IoBinding, options: IoBindingRunOptions | PreparedRunOptions) =>
  io.run(options as PreparedRunOptions)
const forms: [string, typeof run][] = [
  ['run', run],
  ...(isNative
    ? ([['runSync', async (io, options) => io.runSync(options as PreparedRunOptions)]] as [
        string,
        typeof run,
      ][])
    : []),
]

describe.each(forms)('options of a bound %s', (_, run) => {
  test('are accepted, and hold for that run alone', async () => {
    using io = bound()
    await run(io, { tag: 'x', logSeverityLevel: 4, logVerbosityLevel: 1 })
    expect(io.outputs.sum).toEqual(Float32Array.of(4, 6))
    await run(io, {})
    expect(io.outputs.prod).toEqual(Float32Array.of(3, 8))
  })

  test('are accepted prepared, for any binding and for session.run', async () => {
    const prepared = session.prepareRunOptions({ tag: 'x', logSeverityLevel: 4 })
    await using other = await createSession(twoInputs())
    for (const of of [session, other]) {
      using io = bound(of)
      for (let i = 0; i < 3; ++i) await run(io, prepared)
      expect(io.outputs.sum).toEqual(Float32Array.of(4, 6))
      await run(io, {})
      expect(io.outputs.prod).toEqual(Float32Array.of(3, 8))
    }
    const feeds = { a: float32([1]), b: float32([2]) }
    expect((await session.run(feeds, prepared)).sum!.data).toEqual(Float32Array.of(3))
    expect(Object.keys(await session.run(feeds, ['prod'], prepared))).toEqual(['prod'])
  })

  test.each([
    [{ tag: 7 }, 'ERR_INVALID_ARG_TYPE', 'tag'],
    [{ logSeverityLevel: 5 }, 'ERR_INVALID_ARG_VALUE', 'logSeverityLevel'],
    [{ logVerbosityLevel: -1 }, 'ERR_INVALID_ARG_VALUE', 'logVerbosityLevel'],
    [{ extra: [] }, 'ERR_INVALID_ARG_TYPE', 'extra'],
    [{ profile: join('no', 'such', 'folder', 'prefix') }, 'ERR_INVALID_ARG_VALUE', 'folder'],
    [{ tags: 'x' }, 'ERR_UNKNOWN_OPTION', "'tag'"],
    [{ terminate: true }, 'ERR_UNKNOWN_OPTION', 'terminate'],
  ] as const)('are checked: %j', async (options, code, says) => {
    using io = bound()
    await expectError(() => run(io, options as never), code, { says })
    await expectError(() => session.prepareRunOptions(options as never), code, { says })
  })

  test.runIf(isNative)('reach ONNX Runtime, which refuses an invalid entry', async () => {
    using io = bound()
    const extra = { 'memory.enable_memory_arena_shrinkage': 'nonsense:0' }
    const refused = { says: 'nonsense' }
    await expectError(() => run(io, { extra }), /^ERR_ORT_/, refused)
    const prepared = session.prepareRunOptions({ extra })
    for (let i = 0; i < 2; ++i) await expectError(() => run(io, prepared), /^ERR_ORT_/, refused)
    await run(io, {})
    expect(io.outputs.sum).toEqual(Float32Array.of(4, 6))
  })

  test.runIf(isNative)('profile the run alone', async () => {
    using io = bound()
    const profiles = () => readdirSync(dir).filter((name) => name.startsWith('bound'))
    await run(io, { profile: join(dir, 'bound') })
    await run(io, {})
    const [file] = profiles()
    const events = JSON.parse(readFileSync(join(dir, file!), 'utf8')) as { cat: string; name: string }[]
    const names = events.map(({ name }) => name)
    expect(names.filter((name) => name === 'model_run')).toHaveLength(1)
    expect(events.some(({ cat }) => cat === 'Node')).toBe(true)
    for (const name of profiles()) rmSync(join(dir, name))
  })
})

test.runIf(isNative)('entries that a binding sets itself are refused', async () => {
  using io = bound()
  for (const entry of ['gpu_graph_id', 'disable_synchronize_execution_providers']) {
    await expectError(() => io.run({ extra: { [entry]: '1' } }), 'ERR_NOT_SUPPORTED', { says: entry })
  }
})

test.skipIf(isNative)('onnxruntime-node would ignore extra and profile', async () => {
  using io = bound()
  for (const options of [{ extra: { a: '1' } }, { profile: join(dir, 'fallback') }]) {
    const refused = { says: Object.keys(options) }
    await expectError(() => io.run(options), 'ERR_NOT_SUPPORTED', refused)
    await expectError(() => io.run(session.prepareRunOptions(options)), 'ERR_NOT_SUPPORTED', refused)
    await expectError(() => session.run({ a: float32([1]), b: float32([1]) }, options), 'ERR_NOT_SUPPORTED')
  }
})

test('prepared options hold neither a signal nor an upload', async () => {
  for (const options of [{ signal: new AbortController().signal }, { upload: ['a'] }]) {
    await expectError(() => session.prepareRunOptions(options as never), 'ERR_UNKNOWN_OPTION', {
      says: Object.keys(options),
    })
  }
  const prepared = session.prepareRunOptions({ tag: 'x' })
  using io = bound()
  await io.run(prepared, { upload: ['a'] })
  expect(io.outputs.sum).toEqual(Float32Array.of(4, 6))
  await expectError(() => io.run(prepared, { upload: ['c'] }), 'ERR_UNKNOWN_INPUT')
  await expectError(() => io.run(prepared, { tag: 'y' } as never), 'ERR_UNKNOWN_OPTION', { says: 'prepared' })
  const { signal } = new AbortController()
  if (isNative) {
    await io.run(prepared, { signal })
    io.runSync(prepared, { upload: ['a'] })
    await expectError(() => io.runSync(prepared, { signal } as never), 'ERR_UNKNOWN_OPTION')
  } else await expectError(() => io.run(prepared, { signal }), 'ERR_NOT_SUPPORTED')
})

test.runIf(isNative)(
  'a signal cancels a run with prepared options, and the next one is as before',
  async () => {
    await using slow = await createSession(slowLoop())
    const prepared = slow.prepareRunOptions({ tag: 'slow' })
    using io = slow.createIoBinding({ trips: [], x: [96, 96] })
    using other = slow.createIoBinding({ trips: [], x: [96, 96] })
    other.inputs.trips[0] = 1n
    for (const next of [prepared, undefined]) {
      io.inputs.trips[0] = 1_000_000n
      const reason = new Error('no longer wanted')
      const controller = new AbortController()
      const canceled = io.run(prepared, { signal: controller.signal })
      await expectError(() => io.run({ tag: 'another' }), 'ERR_BUSY')
      // Its options are another binding's too.
      const also = other.run(prepared)
      controller.abort(reason)
      await expect(canceled).rejects.toBe(reason)
      await also
      io.inputs.trips[0] = 1n
      await run(io, next as PreparedRunOptions)
      expect(io.outputs.y).toHaveLength(96 * 96)
    }
  },
)
