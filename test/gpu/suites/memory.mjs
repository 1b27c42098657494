// GPU memory, pinned memory and the process do not grow.
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { deviceMemory, OrtValue, Tensor } from '../../../dist/index.mjs'
import { small } from '../expected-models.mjs'
import { open, random, rehearsal } from '../session.mjs'

const MIB = 2 ** 20

/** MiB of the first GPU that any process uses; undefined in a rehearsal. */
function gpuUsed() {
  if (rehearsal) return undefined
  const { free, total } = deviceMemory('cuda', 0)
  return (total - free) / MIB
}

const rss = () => process.memoryUsage.rss() / MIB

/** Growth by repetitions, after warm-up repetitions that fill arenas and pools. */
async function growth(t, { warmUp, count, limits }, once) {
  const repeat = async (times) => {
    for (let i = 0; i < times; i++) {
      t.proceed()
      await once(i)
    }
  }
  await repeat(warmUp)
  await turn()
  const before = { gpu: gpuUsed(), rss: rss() }
  await repeat(count)
  await turn()
  const grown = { gpu: gpuUsed() === undefined ? undefined : gpuUsed() - before.gpu, rss: rss() - before.rss }
  t.note('count', count)
  t.note('grown, MiB', { gpu: grown.gpu ?? 'unknown in a rehearsal', rss: Math.round(grown.rss * 10) / 10 })
  if (grown.gpu !== undefined) assert.ok(grown.gpu <= limits.gpu, `the GPU's memory grew by ${grown.gpu} MiB`)
  assert.ok(grown.rss <= limits.rss, `the process grew by ${grown.rss.toFixed(1)} MiB`)
}

async function runs(t, options, prepare) {
  const session = await open(small('mlp'), options)
  const binding = session.createIoBinding({ x: [64, 128] })
  binding.inputs.x.set(random(64 * 128))
  await prepare?.(binding)
  const feeds = { x: new Tensor('float32', random(64 * 128), [64, 128]) }
  const limits = { gpu: 8, rss: 32 }
  await growth(t, { warmUp: t.times(2000), count: t.times(10_000), limits }, async (i) => {
    if (i % 10 === 0) await session.run(feeds)
    else if (i % 2) binding.runSync()
    else await binding.run()
  })
  binding.dispose()
  await session.release()
}

async function sessions(t, enableGraphCapture) {
  const limits = { gpu: 16, rss: 64 }
  await growth(
    t,
    { warmUp: t.times(20), count: t.times(enableGraphCapture ? 60 : 200), limits },
    async () => {
      const session = await open(small('mlp'), { enableGraphCapture })
      const binding = session.createIoBinding({ x: [64, 128] })
      binding.runSync()
      if (enableGraphCapture) {
        await binding.capture()
        binding.runSync()
      }
      binding.dispose()
      await session.release()
    },
  )
}

async function values(t) {
  const limits = { gpu: 8, rss: 48 }
  await growth(t, { warmUp: 20, count: t.times(500), limits }, async (i) => {
    const all = ['cuda', 'cuda-pinned'].map((device) => OrtValue.allocate('uint8', [16 * MIB + i], device))
    // An untouched page would not count.
    all[1].data.fill(1)
    for (const value of all) value.dispose()
    await turn()
  })
}

async function bindings(t) {
  const session = await open(small('mlp'))
  const limits = { gpu: 8, rss: 48 }
  await growth(t, { warmUp: t.times(200), count: t.times(2000), limits }, async () => {
    const binding = session.createIoBinding({ x: [64, 128] })
    binding.runSync()
    binding.dispose()
    await turn()
  })
  await session.release()
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'memory/runs', run: (t) => runs(t) },
  {
    id: 'memory/runs-of-a-graph',
    run: (t) => runs(t, { enableGraphCapture: true }, (binding) => binding.capture()),
  },
  { id: 'memory/values', run: values },
  { id: 'memory/bindings', run: bindings },
  { id: 'memory/sessions', run: (t) => sessions(t, false), limit: 180 },
  { id: 'memory/sessions-of-graphs', run: (t) => sessions(t, true), limit: 120 },
]
