// Runs and captures of bindings, and what aborts them.
import { readContent } from '../content.mjs'
import { pick } from '../pick.mjs'
import { start } from '../run.mjs'
import { Conditions, errorCode, Mismatch, Value, Version } from '../world.mjs'
import { DYNAMIC } from './bindings.mjs'
import { chooseIo, feedUses, runsEndless } from './io.mjs'

/** @typedef {import('../world.mjs').World} World */

/** The errors of a run that is submitted now, what it uses and what it gives. @param {World} world */
function describe(world, binding) {
  const { session, inputs, outputs, disposed, run } = binding
  const { model } = session
  const contents = {}
  const dims = {}
  for (const [name, value] of inputs) {
    contents[name] = value.snapshot()
    dims[name] = value.dims
  }
  const { conditions, outcome, resultDims, compute, isLong } = chooseIo(model, contents, dims)
  conditions
    .when(disposed || session.released, 'ERR_DISPOSED')
    .when(run !== undefined && (run.mayHaveEnded ? 'maybe' : true), 'ERR_BUSY')
    .when(inputs.size < Object.keys(model.inputs).length, 'ERR_MISSING_INPUT')
    .when(outputs.size === 0, 'ERR_MISSING_OUTPUT')
  const uses = feedUses([...inputs.values()])
  const writes = new Map()
  for (const value of inputs.values()) use(value, 'read')
  for (const [name, value] of outputs) {
    if (value === DYNAMIC) continue
    const access = [...inputs.values()].includes(value) ? 'step' : 'write'
    use(value, access)
    uses.push({ memory: value.memory, value, access })
    writes.set(name, value)
    const fits = String(value.dims) === String(resultDims)
    const passed = model.passed?.[name]
    if (passed) conditions.when(!fits && inputs.has(passed), 'ERR_OUTPUT_SHAPE')
    else outcome.when(!fits, 'ERR_OUTPUT_SHAPE')
  }
  function use(value, access) {
    conditions
      .when(value.disposed, 'ERR_DISPOSED')
      .when(value.detached, 'ERR_DETACHED')
      .when(world.busy(value, access, session), 'ERR_BUSY')
  }
  const skips = isLong() || (session.device === 'cuda' && runsEndless(contents))
  return { conditions, outcome, uses, writes, compute, contents, skips }
}

/** The inputs that were written since a run of the binding, which are all that it need upload. */
function dirty(binding) {
  return [...binding.inputs].flatMap(([name, { memory }]) =>
    memory.version === binding.uploaded.get(name) ? [] : [name],
  )
}

/** Whether a run selects what it uploads: a graph of a whole request uploads all inputs. */
const selects = ({ session, whole }) => session.device === 'cuda' && !whole

/** Called after the run was submitted: in place its own result counts as uploaded. */
function markUploaded(binding) {
  for (const [name, { memory }] of binding.inputs) binding.uploaded.set(name, memory.version)
}

/** @param {World} world */
export function run(world, a, b, c) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const { session } = binding
  const { skips, contents, ...io } = describe(world, binding)
  const signal = world.signal(b)
  const endless = runsEndless(contents)
  if (skips || (endless && (!signal || signal.aborted))) return false
  const mayRunInline = session.inline && !signal
  if (mayRunInline && world.blocked(session)) return false
  io.conditions.when(signal?.aborted === true, 'aborted')
  const upload = selects(binding) && c % 2 === 0 ? dirty(binding) : undefined
  const what = `run of ${session.name}${signal ? ' with a signal' : ''}${upload ? `, upload [${upload}]` : ''}`
  const ended = (_, expected) => setResults(world, binding, what, expected)
  const options = { ...(signal && { signal }), ...(upload && { upload }) }
  const uploaded = new Map(binding.uploaded)
  const refused = () => {
    binding.uploaded = uploaded
  }
  const request = { what, ...io, session, binding, signal, endless, mayRunInline, ended, refused }
  const accepted = io.conditions.must.size === 0
  const started = start(world, request, () =>
    binding.io.run(Object.keys(options).length > 0 ? options : undefined),
  )
  if (accepted) submitted(binding, io)
  return started
}

function submitted(binding, { writes }) {
  binding.results = undefined
  if (writes) markUploaded(binding)
}

/** Keeps the expected results of outputs that ONNX Runtime allocates, and checks them. */
function setResults(world, binding, what, expected) {
  if (binding.run !== undefined || binding.disposed) return
  binding.results = expected
  if (!expected || (binding.session.released && binding.session.device === 'cuda')) return
  for (const [name, value] of binding.outputs) {
    if (value !== DYNAMIC) continue
    const real = binding.io.outputValue(name)
    if (real === undefined) throw new Mismatch(`${what}: outputValue('${name}') has no value`)
    world.compare(`${what}, '${name}'`, readContent(real), expected[name])
  }
}

/** @param {World} world */
export function runSync(world, a, b) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const { session } = binding
  const io = describe(world, binding)
  if (io.skips || runsEndless(io.contents) || world.blocked(session)) return false
  const upload = selects(binding) && b % 2 === 0 ? dirty(binding) : undefined
  const what = `runSync of ${session.name}${upload ? `, upload [${upload}]` : ''}`
  const accepted = io.conditions.must.size === 0
  const allowed = accepted ? io.outcome : io.conditions
  for (const code of io.conditions.may) allowed.when('maybe', code)
  let refused = false
  const done = world.attempt(what, allowed, () => {
    try {
      binding.io.runSync(upload && { upload })
    } catch (error) {
      refused = io.conditions.may.has(errorCode(error))
      throw error
    }
  })
  if (!accepted) return
  const writes = [...io.writes].map(([name, value]) => ({ name, value, version: new Version(undefined) }))
  for (const { value, version } of writes) value.memory.version = version
  submitted(binding, refused ? {} : io)
  // The runs before one that failed have ended too, though their promises have not settled.
  if (!refused) {
    for (const one of world.runs) if (one.session === session) one.overtaken()
    world.uses = world.uses.filter((use) => use.session !== session)
  }
  if (!done) return
  const expected = io.compute()
  for (const { name, version } of writes) version.content = expected?.[name]
  setResults(world, binding, what, expected)
  for (const { value, version } of writes) {
    if (value.memory.version === version) world.checkValue(`${what}, bound`, value)
  }
}

/** @param {World} world */
export function capture(world, a, b, c) {
  const binding = pick(
    world.bindings.filter(({ session }) => session.device === 'cuda' || b % 8 === 0),
    a,
  )
  if (binding === undefined) return false
  const { session, outputs, captured } = binding
  const { skips, contents, writes: _, compute: __, ...io } = describe(world, binding)
  if (skips || runsEndless(contents)) return false
  const values = [...binding.inputs.values(), ...outputs.values()]
  const onHost = (value) => value instanceof Value && (value.kind !== 'tensor' || value.type === 'string')
  io.conditions
    .when(captured, 'ERR_GRAPH_CAPTURED')
    .when(!session.graphs || session.model.noGraph === true, 'ERR_GRAPH_CAPTURE')
    .when(values.includes(DYNAMIC) || values.some(onHost), 'ERR_GRAPH_CAPTURE')
  const verify = b % 2 === 0
  const whole = c % 2 === 0
  const isPageable = (value) => value instanceof Value && value.location === 'cpu'
  if (whole && !captured) io.conditions.when(values.some(isPageable), 'ERR_GRAPH_CAPTURE')
  if (io.outcome.must.size > 0) io.outcome.when(true, 'ERR_GRAPH_CAPTURE')
  const what = `capture of ${session.name}${verify ? ', verified' : ''}${whole ? ', whole' : ''}`
  const ended = () => {
    binding.captured = !binding.disposed
    binding.whole = whole
    if (!binding.disposed && !binding.io.captured) throw new Mismatch(`${what}: the binding is not captured`)
  }
  return start(world, { what, ...io, session, binding, ended }, () => binding.io.capture({ verify, whole }))
}

/** @param {World} world */
export function releaseCapture(world, a) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const busy = binding.run !== undefined && (binding.run.mayHaveEnded ? 'maybe' : true)
  const isCapture = binding.run?.request.what.startsWith('capture')
  const conditions = new Conditions()
  if (binding.captured || isCapture)
    conditions.when(busy, 'ERR_BUSY').when(binding.session.released, 'ERR_DISPOSED')
  // After dispose there is nothing to do.
  const allowed = binding.disposed ? new Conditions() : conditions
  if (world.attempt('releaseCapture', allowed, () => binding.io.releaseCapture())) {
    binding.captured = false
    binding.whole = false
  }
}

/** @param {World} world */
export function abort(world, a) {
  const one = pick(world.controllers, a)
  if (one === undefined) return false
  world.abort(one)
}

/** @param {World} world */
export function abortLater(world, a, b) {
  const one = pick(world.controllers, a)
  if (one === undefined) return false
  setTimeout(() => world.abort(one), b % 8)
}
