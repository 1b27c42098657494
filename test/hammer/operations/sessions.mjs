// Sessions: loaded, run, released, forgotten.
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { readContent, SIZES, typed } from '../content.mjs'
import { pick } from '../pick.mjs'
import { start } from '../run.mjs'
import { Conditions, Mismatch } from '../world.mjs'
import { chooseIo, feedUses, runsEndless, valuesFor } from './io.mjs'
import { addOwner, makeContent } from './values.mjs'

/** @typedef {import('../world.mjs').World} World */

const MOST_SESSIONS = 7
const built = new Map()

/** @param {World} world */
export function create(world, a, b, c) {
  if (world.sessions.length >= MOST_SESSIONS) return false
  const name = pick(Object.keys(world.models), a)
  const model = world.models[name]
  if (!built.has(name)) built.set(name, model.build())
  const device = world.hasDevice && b % 3 !== 0 ? 'cuda' : 'cpu'
  const inline = c % 3 === 0
  const session = {
    name,
    model,
    device,
    inline,
    released: false,
    graphs: device === 'cuda' && c % 4 !== 0,
    real: undefined,
  }
  const loaded = InferenceSession.create(built.get(name), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    inlineRunBelowUs: inline ? 200 : 0,
    runThreadSpinUs: pick([0, 50], b),
    concurrentRuns: pick([1, 3], a + c),
    executionProviders: device === 'cuda' ? ['cuda', 'cpu'] : ['cpu'],
    ...(session.graphs && { enableGraphCapture: true }),
  })
  const added = world.track(
    loaded.then((real) => {
      session.real = real
      if (real.device.name !== device) throw new Mismatch(`the session is on '${real.device.name}'`)
      world.sessions.push(session)
    }),
  )
  return c % 2 ? added.then(() => world.turn()) : undefined
}

const INVALID = [
  () => InferenceSession.create(new Uint8Array(100).fill(7), { logSeverityLevel: 4 }),
  () => InferenceSession.create('no such file.onnx', { logSeverityLevel: 4 }),
]

/** @param {World} world */
export function createInvalid(world, a) {
  world.track(
    pick(INVALID, a)().then(
      () => Promise.reject(new Mismatch('an invalid model was loaded')),
      (error) => new Conditions().when(true, 'ERR_ORT_*').check(error, 'create of an invalid model'),
    ),
  )
}

/** @param {World} world */
export function release(world, a) {
  const session = pick(world.sessions, a)
  if (session === undefined) return false
  session.released = true
  world.track(
    session.real.release().then(() => {
      const unsettled = [...world.runs].find((run) => run.session === session && !run.refused)
      if (unsettled) throw new Mismatch(`release() resolved before ${unsettled.request.what}`)
    }),
  )
}

/** Left to the garbage collector, maybe with runs in flight. @param {World} world */
export function forgetSession(world, a) {
  if (world.sessions.length < 3) return false
  world.sessions.splice(a % world.sessions.length, 1)
}

/** `session.run`. @param {World} world */
export function sessionRun(world, a, b, c, d) {
  const session = pick(world.sessions, a)
  if (session === undefined) return false
  const { model } = session
  const feeds = {}
  const contents = {}
  const dims = {}
  const fed = []
  const arrays = []
  for (const [i, [name, type]] of Object.entries(model.inputs).entries()) {
    const fromPool = valuesFor(world, session, model, name, b + i)
    const takes = (b >> i) % 2 === 0
    if ((takes || type.startsWith('sequence')) && fromPool.length > 0) {
      const value = pick(fromPool, b + c + i)
      feeds[name] = value.real
      contents[name] = value.snapshot()
      dims[name] = value.dims
      fed.push(value)
    } else if (type.startsWith('sequence')) {
      return false
    } else {
      const content = makeContent(type, name === 'trips' ? [] : [SIZES[c % 2]], c + i)
      const array = typed(type, content.data)
      feeds[name] = new Tensor(/** @type {any} */ (type), array, content.dims)
      contents[name] = () => content
      dims[name] = content.dims
      arrays.push(array)
    }
  }
  const { conditions, outcome, resultDims, compute, isLong } = chooseIo(model, contents, dims)
  const signal = world.signal(d)
  const endless = runsEndless(contents)
  if (isLong() || (endless && (session.device === 'cuda' || !signal || signal.aborted))) return false
  for (const value of fed) {
    conditions
      .when(value.disposed, 'ERR_DISPOSED')
      .when(value.detached, 'ERR_DETACHED')
      .when(value.onDevice && session.device !== 'cuda', 'ERR_DEVICE_MISMATCH')
      .when(world.busy(value, 'read', session), 'ERR_BUSY')
  }
  conditions.when(session.released, 'ERR_DISPOSED').when(signal?.aborted === true, 'aborted')

  const uses = feedUses(fed)
  const writes = new Map()
  const fetches = {}
  const [output] = Object.keys(model.outputs)
  const mayRunInline = session.inline && !signal
  let detach = () => {}
  const target = targetFor(world, model.outputs[output], resultDims, d >> 2, c)
  if (target && resultDims && !model.dynamic) {
    fetches[output] = target.tensor
    for (const name of Object.keys(model.outputs)) fetches[name] ??= null
    outcome.when(String(target.tensor.dims) !== String(resultDims), 'ERR_OUTPUT_SHAPE')
    if (target.value) {
      const { value } = target
      conditions.when(world.busy(value, 'write'), 'ERR_BUSY')
      uses.push({
        memory: value.memory,
        access: /** @type {const} */ ('write'),
        session: null,
        isTarget: true,
      })
      writes.set(output, value)
    } else if (!mayRunInline && d % 5 === 0) {
      outcome.when(true, 'ERR_DETACHED')
      detach = () => structuredClone(0, { transfer: [target.tensor.data.buffer] })
    }
  }

  const what = `session.run of ${session.name}`
  const request = {
    what,
    conditions,
    outcome,
    session,
    signal,
    endless,
    uses,
    writes,
    compute,
    mayRunInline: mayRunInline && !world.blocked(session),
    ended(results, expected) {
      for (const [name, result] of Object.entries(results)) {
        const content = readContent(result)
        world.compare(`${what}, '${name}'`, content, expected?.[name])
        if (result.kind === 'sequence' && fed.length === 0) addOwner(world, result, content)
      }
    },
  }
  if (mayRunInline && world.blocked(session)) return false
  const started = start(world, request, () =>
    Object.keys(fetches).length > 0
      ? session.real.run(feeds, fetches, signal ? { signal } : {})
      : session.real.run(feeds, signal ? { signal } : undefined),
  )
  // The caller may change and detach its arrays as soon as the call has returned.
  for (const array of arrays) {
    array.fill(array instanceof BigInt64Array ? 99n : Array.isArray(array) ? 'overwritten' : 99)
    if (d % 3 === 0 && !Array.isArray(array)) structuredClone(0, { transfer: [array.buffer] })
  }
  detach()
  return started
}

/** A pre-allocated result: memory of its own, or of a value. */
function targetFor(world, type, dims, n, seed) {
  if (n % 3 === 0 || !dims || type === 'string' || type.startsWith('sequence')) return undefined
  if (n % 3 === 1) {
    const size = seed % 16 === 0 ? 2 : dims[0]
    return { tensor: new Tensor(type, typed(type, Array(size).fill(type === 'int64' ? 0n : 0)), [size]) }
  }
  const value = pick(
    world.values.filter(
      (one) =>
        one.type === type &&
        one.dims.length === 1 &&
        one.location === 'cpu' &&
        !one.disposed &&
        !one.detached &&
        world.busy(one, 'read') === false,
    ),
    seed,
  )
  return value && { tensor: value.real.toTensor(), value }
}
