// Bindings: created, bound, looked at, disposed of, forgotten.
import { readContent, SIZES } from '../content.mjs'
import { pick } from '../pick.mjs'
import { Conditions, Memory, Mismatch, Value, Version } from '../world.mjs'
import { valuesFor } from './io.mjs'
import { addOwner, makeWritten, usable, zeros } from './values.mjs'

/** @typedef {import('../world.mjs').World} World */

const MOST_BINDINGS = 14
export const DYNAMIC = 'dynamic'

/** Of binding a value. */
function bindable(session, value) {
  return usable(value).when(value.onDevice && session.device !== 'cuda', 'ERR_DEVICE_MISMATCH')
}

const shares = (one, other) => one !== DYNAMIC && other !== DYNAMIC && one.memory === other.memory

/** @param {World} world */
export function createBinding(world, a, b, c, d) {
  const session = pick(world.sessions, a)
  if (session === undefined || world.bindings.length >= MOST_BINDINGS) return false
  const { model } = session
  const binding = { session, inputs: new Map(), outputs: new Map(), owned: new Set(), uploaded: new Map() }
  Object.assign(binding, {
    run: undefined,
    results: undefined,
    disposed: false,
    captured: false,
    whole: false,
    io: undefined,
  })
  const dims = [SIZES[c % 2]]
  const conditions = new Conditions().when(session.released, 'ERR_DISPOSED')
  const [inputs, outputs] = [{}, {}]
  for (const [i, [name, type]] of Object.entries(model.inputs).entries()) {
    const value = (b >> i) % 2 === 0 && pick(valuesFor(world, session, model, name, b + i), c + i)
    if (value) {
      inputs[name] = value.real
      binding.inputs.set(name, value)
      add(conditions, bindable(session, value))
    } else if (type.startsWith('sequence')) return false
    else inputs[name] = name === 'trips' ? [] : dims
  }
  for (const [i, [name, type]] of Object.entries(model.outputs).entries()) {
    const choice = model.dynamic ? 0 : (d >> (2 * i)) % 4
    const inPlace = [...binding.inputs.values()].find((value) => value.type === type)
    const value =
      choice === 1
        ? pick(valuesFor(world, session, model, name, c + i), d + i)
        : choice === 2 && i === 0
          ? inPlace
          : undefined
    if (choice === 0) outputs[name] = DYNAMIC
    else outputs[name] = value ? value.real : dims
    if (choice === 0) binding.outputs.set(name, DYNAMIC)
    else if (value) {
      add(conditions, bindable(session, value))
      for (const other of binding.outputs.values())
        conditions.when(shares(value, other), 'ERR_MEMORY_OVERLAP')
      binding.outputs.set(name, value)
    }
  }
  const mapped = session.device === 'cuda' && d % 5 === 0 ? ownHostMemory(inputs, outputs) : []
  const done = world.attempt(`createIoBinding of ${session.name}`, conditions, () =>
    session.real.createIoBinding(inputs, { outputs, ...(mapped.length > 0 && { mapped }) }),
  )
  if (!done) return
  binding.io = done.result
  own(world, binding, 'inputs', inputs, c)
  own(world, binding, 'outputs', outputs, c)
  world.bindings.push(binding)
}

/** Names whose numbers are in memory that is allocated for the binding; an input and an output can have one name. */
const ownHostMemory = (...sides) => {
  const isOwn = (name) => sides.every((side) => !Object.hasOwn(side, name) || Array.isArray(side[name]))
  return [...new Set(sides.flatMap((side) => Object.keys(side).filter(isOwn)))]
}

function add(conditions, others) {
  for (const code of others.must) conditions.when(true, code)
  for (const code of others.may) conditions.when('maybe', code)
}

/** The values that were allocated for the binding. */
function own(world, binding, side, specs, seed) {
  const order = new Map()
  for (const [name, spec] of Object.entries(specs)) {
    if (Array.isArray(spec)) {
      const real = side === 'inputs' ? binding.io.inputValue(name) : binding.io.outputValue(name)
      const value = addOwner(world, real, zeros(real.type, real.dims))
      const content = makeWritten(value, name === 'trips' ? seed % 4 : seed)
      real.write(value.type === 'string' ? content.data : typedLike(value, content.data))
      value.memory.version = new Version(content)
      binding.owned.add(value)
      order.set(name, value)
    } else order.set(name, binding[side].get(name))
  }
  binding[side] = order
}

const typedLike = ({ type }, data) => (type === 'int64' ? BigInt64Array.from(data) : Float32Array.from(data))

/** Of every call that binds. */
function rebindable(binding) {
  return new Conditions()
    .when(binding.disposed || binding.session.released, 'ERR_DISPOSED')
    .when(binding.captured, 'ERR_GRAPH_CAPTURED')
    .when(binding.run !== undefined && (binding.run.mayHaveEnded ? 'maybe' : true), 'ERR_BUSY')
}

/** @param {World} world */
export function bindInput(world, a, b, c) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const { session } = binding
  const name = pick(Object.keys(session.model.inputs), b)
  const value = pick(valuesFor(world, session, session.model, name, b), c)
  if (value === undefined) return false
  const conditions = rebindable(binding)
  add(conditions, bindable(session, value))
  const bind = () => binding.io.bindOrtValueInput(name, value.real)
  if (world.attempt('bindOrtValueInput', conditions, bind)) replace(binding, 'inputs', name, value)
}

/** @param {World} world */
export function bindOutput(world, a, b, c) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const { session } = binding
  const name = pick(Object.keys(session.model.outputs), b)
  const candidates = session.model.dynamic ? [] : valuesFor(world, session, session.model, name, b)
  const value = c % 3 === 0 ? undefined : pick(candidates, c)
  const conditions = rebindable(binding)
  if (value === undefined) {
    if (!world.attempt('bindOutput', conditions, () => binding.io.bindOutput(name))) return
  } else {
    add(conditions, bindable(session, value))
    for (const [other, its] of binding.outputs) {
      conditions.when(other !== name && shares(value, its), 'ERR_MEMORY_OVERLAP')
    }
    const bind = () => binding.io.bindOrtValueOutput(name, value.real)
    if (!world.attempt('bindOrtValueOutput', conditions, bind)) return
  }
  replace(binding, 'outputs', name, value ?? DYNAMIC)
  binding.results = undefined
}

/** A value that is replaced is no longer the binding's to dispose of. */
function replace(binding, side, name, value) {
  const replaced = binding[side].get(name)
  if (replaced !== value) binding.owned.delete(replaced)
  binding[side].set(name, value)
  if (side === 'inputs') binding.uploaded.delete(name)
}

/** @param {World} world */
export function clear(world, a, b) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  const [side, method] = pick(
    [
      ['inputs', 'clearBindingInputs'],
      ['outputs', 'clearBindingOutputs'],
    ],
    b,
  )
  if (!world.attempt(method, rebindable(binding), () => binding.io[method]())) return
  binding[side].clear()
  if (side === 'outputs') binding.results = undefined
  else binding.uploaded.clear()
}

/** @param {World} world */
export function disposeBinding(world, a) {
  const binding = pick(world.bindings, a)
  if (binding === undefined) return false
  binding.io.dispose()
  binding.disposed = true
  for (const value of binding.owned) value.markDisposed(world)
  binding.owned.clear()
  binding.captured = false
}

/** Left to the garbage collector, maybe with a run in flight. @param {World} world */
export function forgetBinding(world, a) {
  if (world.bindings.length === 0) return false
  world.bindings.splice(a % world.bindings.length, 1)
}

/** `io.inputs` and `io.outputs`. @param {World} world */
export function view(world, a, b, c) {
  const binding = pick(world.bindings, a)
  if (binding === undefined || binding.disposed) return false
  const side = pick(['inputs', 'outputs'], b)
  const names = [...binding[side]]
    .filter(([, one]) => one instanceof Value && isVisible(one))
    .map(([name]) => name)
  if (names.length === 0) return false
  const name = pick(names, c)
  const value = binding[side].get(name)
  const conditions = new Conditions().when(
    binding.run !== undefined && (binding.run.mayHaveEnded ? 'maybe' : true),
    'ERR_BUSY',
  )
  for (const one of binding[side].values()) {
    if (!(one instanceof Value)) continue
    // The first access makes the views of the whole side.
    conditions
      .when(one.disposed && 'maybe', 'ERR_DISPOSED')
      .when(world.busy(one, 'read') && 'maybe', 'ERR_BUSY')
  }
  const done = world.attempt(`${side}.${name}`, conditions, () => binding.io[side][name])
  if (!done || value.disposed || value.detached || world.busy(value, 'read')) return
  const content = { type: value.type, dims: value.dims, data: [...done.result] }
  world.compare(`${side}.${name}`, content, value.snapshot()())
}

const isVisible = (value) => value.kind === 'tensor' && value.type !== 'string' && !value.onDevice

/** What other operations may have written since. @type {WeakMap<object, Value>} */
const TAKEN = new WeakMap()

/** The value that ONNX Runtime allocated in the last run. @param {World} world */
export function takeOutput(world, a, b) {
  const binding = pick(world.bindings, a)
  if (binding === undefined || binding.run || !binding.results || binding.disposed) return false
  if (binding.session.released && binding.session.device === 'cuda') return false
  const names = [...binding.outputs].filter(([, one]) => one === DYNAMIC).map(([name]) => name)
  if (names.length === 0) return false
  const name = pick(names, b)
  const real = binding.io.outputValue(name)
  if (real === undefined) throw new Mismatch(`outputValue('${name}') has no value after a run`)
  if (real.disposed) return
  const taken = TAKEN.get(real)
  if (taken) return world.checkValue(`outputValue('${name}')`, taken)
  const content = readContent(real)
  world.compare(`outputValue('${name}')`, content, binding.results[name])
  // A sequence may share the memory of inputs.
  if (real.kind === 'sequence') return
  const value = world.addValue(real, new Memory(content))
  value.memory.owner = value
  TAKEN.set(real, value)
}
