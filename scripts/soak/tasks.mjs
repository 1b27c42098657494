// What a process does during a soak: each task makes and drops what a service would, in ways that a random number picks.
import { Worker } from 'node:worker_threads'
import { InferenceSession, OrtError, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { construct, hasElement, length } from '../../test/helpers/kind-models.mjs'
import { counter, identity, mlp, slowLoop, tensorType } from '../../test/helpers/model-builder.mjs'
import { twice } from '../../test/helpers/shape-models.mjs'

const device = process.env.TEST_PROVIDERS?.includes('cuda') ? 'cuda' : undefined
const options = {
  ...(device && { executionProviders: [device, 'cpu'] }),
  intraOpNumThreads: 1,
  logSeverityLevel: 4,
}

/** @typedef {import('../../test/helpers/random.mjs').Random} Random */

/** @type {Map<() => Uint8Array, Promise<InferenceSession>>} */
const sessions = new Map()

/** The session of a model that stays open. @param {() => Uint8Array} model */
function kept(model) {
  const known = sessions.get(model) ?? InferenceSession.create(model(), options)
  sessions.set(model, known)
  return known
}

/** @param {() => any} call whose error has a code */
async function fails(call) {
  try {
    await call()
  } catch (error) {
    if (error instanceof OrtError) return
    throw error
  }
  throw new Error(`no error of ${call}`)
}

const strings = () => identity('string', ['n'])
const sequence = () => construct('float32')
const sequenceLength = () => length('float32')
const optional = () => hasElement(tensorType('float32', [null]))

/** @type {Record<string, (random: Random) => Promise<unknown>>} */
export const tasks = {
  async sessions(random) {
    const session = await InferenceSession.create(random.pick([mlp, slowLoop, twice])(), options)
    if (random.chance(0.5)) session.createIoBinding(sizes(session))
    if (random.chance(0.5)) for (let i = 0; i < 3; i++) await session.run(feeds(session)) // the second run makes a plan
    if (random.chance(0.7)) await session.release()
  },

  async bindings(random) {
    const session = await kept(mlp)
    const io = session.createIoBinding({ x: [1 + random.below(8), 128] })
    for (let i = random.below(20); i > 0; i--) {
      if (random.chance(0.5)) io.runSync()
      else await io.run()
    }
    if (random.chance(0.5)) io.dispose()
  },

  async dynamicOutputs(random) {
    const session = await kept(twice)
    const io = session.createIoBinding({ x: [1 + random.below(1000)] })
    for (let i = 0; i < 3; i++) await io.run()
    if (random.chance(0.5)) for (const value of Object.values(io.getOutputs())) value.dispose()
    if (random.chance(0.5)) io.dispose()
  },

  async sessionRuns(random) {
    const session = await kept(mlp)
    const rows = 1 + random.below(8)
    const x = new Tensor('float32', new Float32Array(rows * 128), [rows, 128])
    await Promise.all(Array.from({ length: 4 }, () => session.run({ x })))
    await (await kept(strings)).run({ x: new Tensor('string', ['a'.repeat(random.below(100))], [1]) })
  },

  async kinds(random) {
    const [a, b] = [1, 2].map((size) => new Tensor('float32', new Float32Array(size * 10), [size * 10]))
    const { s } = await (await kept(sequence)).run({ a, b })
    await (await kept(sequenceLength)).run({ s })
    await (await kept(optional)).run(random.chance(0.5) ? {} : { x: a })
    if (random.chance(0.5)) s.dispose()
  },

  async aborts(random) {
    const session = await kept(slowLoop)
    const io = session.createIoBinding()
    io.inputs.trips[0] = BigInt(random.below(2000))
    const signal = random.chance(0.5) ? AbortSignal.timeout(1 + random.below(3)) : AbortSignal.abort()
    await io.run({ signal }).catch((error) => {
      if (!/^(Abort|Timeout)Error$/.test(error.name)) throw error
    })
    io.dispose()
  },

  async values(random) {
    for (let i = 0; i < 20; i++) {
      const value = OrtValue.allocate(
        'float32',
        [1 + random.below(10_000)],
        random.chance(0.5) ? device : 'cpu',
      )
      const copy = OrtValue.allocate('float32', value.dims)
      value.write(new Float32Array(value.dims[0]))
      value.copyTo(copy)
      OrtValue.wrap('float32', new Float32Array(16), [16])
      OrtValue.allocate('string', [3]).write(['a', 'b', 'c'])
      if (random.chance(0.5)) value.dispose()
      if (random.chance(0.5)) copy.dispose()
    }
  },

  async errors() {
    const session = await kept(mlp)
    await fails(() => InferenceSession.create('missing.onnx', options))
    await fails(() => InferenceSession.create(new Uint8Array([1, 2, 3]), options))
    await fails(() => session.run({ x: new Tensor('float32', new Float32Array(7), [1, 7]) }))
    await fails(() => session.run({}))
    await fails(() => session.createIoBinding({ x: [1, 7] }))
  },

  async captures(random) {
    if (device === undefined) return
    const session = await InferenceSession.create(counter(), { ...options, enableGraphCapture: true })
    const io = session.createIoBinding({ state: [1] })
    await io.capture()
    await io.run()
    if (random.chance(0.5)) io.releaseCapture()
    await session.release()
  },

  async workers(random) {
    const seed = random.below(2 ** 31)
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: seed })
    const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
    if (random.chance(0.5)) {
      await Promise.race([ended, new Promise((resolve) => worker.once('message', resolve))])
      await worker.terminate()
    }
    await ended
  },
}

/** Shapes for a session of `tasks.sessions`. */
function sizes({ inputMetadata }) {
  return Object.fromEntries(
    inputMetadata.map(({ name, shape }) => [name, shape.map((dim) => (typeof dim === 'number' ? dim : 2))]),
  )
}

/** Zeros for a session of `tasks.sessions`. */
function feeds(session) {
  const dims = sizes(session)
  return Object.fromEntries(
    session.inputMetadata.map(({ name, type }) => [name, OrtValue.allocate(type, dims[name]).toTensor()]),
  )
}

/** How often each task is picked: a worker costs a thousand bindings. */
const WEIGHTS = { sessions: 4, workers: 1, aborts: 4 }
const LIST = Object.keys(tasks).flatMap((name) => new Array(WEIGHTS[name] ?? 20).fill(name))

/** @param {Random} random @param {readonly string[]} [without] */
export async function randomTask(random, without = []) {
  const name = random.pick(LIST)
  if (!without.includes(name)) await tasks[name](random)
}

/** Releases the sessions that stay open. */
export async function releaseAll() {
  for (const session of sessions.values()) await (await session).release()
  sessions.clear()
}
