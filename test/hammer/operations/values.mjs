// Values: made, written, read, copied, disposed of, forgotten.
import { OrtValue } from 'onnxruntime-iobinding'
import { elements, readContent, SIZES, typed } from '../content.mjs'
import { pick } from '../pick.mjs'
import { start } from '../run.mjs'
import { Conditions, Memory, Mismatch, Version } from '../world.mjs'

/** @typedef {import('../world.mjs').World} World */
/** @typedef {import('../world.mjs').Value} Value */

const MOST_VALUES = 40
/** Of the model `loop`: the last never ends. */
const TRIPS = [0n, 1n, 40n, 2000n, 10n ** 12n]

const chooseDims = (type, n) => (type === 'int64' && n % 3 === 2 ? [] : [SIZES[n % 2]])

/** @param {string} type @param {readonly number[]} dims @param {number} seed */
export function makeContent(type, dims, seed) {
  const data = dims.length === 0 ? [pick(TRIPS, seed)] : elements(type, dims[0], seed)
  return { type, dims: [...dims], data }
}

/** @param {string} type @param {readonly number[]} dims */
export function zeros(type, dims) {
  const zero = type === 'int64' ? 0n : type === 'string' ? '' : 0
  return { type, dims: [...dims], data: Array(dims[0] ?? 1).fill(zero) }
}

/** The errors of a use of values. @param {Value[]} values */
export function usable(...values) {
  const conditions = new Conditions()
  for (const value of values)
    conditions.when(value.disposed, 'ERR_DISPOSED').when(value.detached, 'ERR_DETACHED')
  return conditions
}

/** @param {World} world */
export function allocate(world, a, b, c) {
  if (world.values.length > MOST_VALUES) return false
  const type = pick(['float32', 'float32', 'int64', 'string'], a)
  const dims = chooseDims(type, b)
  const device = world.hasDevice && type !== 'string' ? pick(['cpu', 'cuda', 'cuda-pinned'], c) : 'cpu'
  addOwner(world, OrtValue.allocate(type, dims, device), zeros(type, dims))
}

/** A value whose disposal detaches the views of its memory. */
export function addOwner(world, real, content) {
  const value = world.addValue(real, new Memory(content))
  value.memory.owner = value
  return value
}

/** @param {World} world */
export function wrap(world, a, b, c) {
  if (world.values.length > MOST_VALUES) return false
  const type = pick(['float32', 'int64'], a)
  const content = makeContent(type, chooseDims(type, b), c)
  world.addValue(OrtValue.wrap(type, typed(type, content.data), content.dims), new Memory(content))
}

/** A second value over the memory of another. @param {World} world */
export function wrapMemory(world, a) {
  const value = pick(
    world.values.filter((one) => one.type !== 'string' && one.kind === 'tensor' && !one.onDevice),
    a,
  )
  if (value === undefined || world.values.length > MOST_VALUES) return false
  const conditions = usable(value).when(world.busy(value, 'read'), 'ERR_BUSY')
  const done = world.attempt('OrtValue.wrap of data', conditions, () =>
    OrtValue.wrap(value.type, value.real.data, value.dims),
  )
  if (done) world.addValue(done.result, value.memory)
}

/** @param {World} world */
export function sequence(world, a, b, c) {
  const type = pick(['float32', 'string'], a)
  const candidates = world.values.filter((one) => one.type === type && one.dims.length === 1)
  if (candidates.length === 0 || world.values.length > MOST_VALUES) return false
  const chosen = Array.from({ length: 1 + (c % 3) }, (_, i) => pick(candidates, b + i))
  const conditions = usable(...chosen).when(
    chosen.some((value) => value.onDevice),
    'ERR_NOT_SUPPORTED',
  )
  const done = world.attempt('OrtValue.sequence', conditions, () =>
    OrtValue.sequence(chosen.map(({ real }) => real)),
  )
  if (done) world.addValue(done.result, new Memory(undefined)).elements = chosen
}

/** @param {World} world */
export function write(world, a, b) {
  const value = pick(
    world.values.filter(({ kind }) => kind === 'tensor'),
    a,
  )
  if (value === undefined) return false
  const content = makeWritten(value, b)
  const conditions = usable(value).when(world.busy(value, 'write'), 'ERR_BUSY')
  const data = typed(value.type, content.data)
  const done = world.attempt('write', conditions, () => value.real.write(data))
  if (done) value.memory.version = new Version(content)
}

/** @param {Value} value */
export function makeWritten(value, seed) {
  if (value.dims.length < 2) return makeContent(value.type, value.dims, seed)
  return { type: value.type, dims: value.dims, data: elements(value.type, value.dims[1], seed) }
}

/** Through the view, which nothing guards. @param {World} world */
export function writeView(world, a, b) {
  const value = pick(
    world.values.filter((one) => one.kind === 'tensor' && one.type !== 'string' && !one.onDevice),
    a,
  )
  if (value === undefined || !world.free(value) || value.detached) return false
  const done = world.attempt('data', usable(value), () => value.real.data)
  if (!done) return
  const content = makeWritten(value, b)
  done.result.set(typed(value.type, content.data))
  value.memory.version = new Version(content)
}

/** @param {World} world */
export function read(world, a) {
  const value = pick(world.values, a)
  if (value === undefined) return false
  const conditions = usable(value).when(world.busy(value, 'read'), 'ERR_BUSY')
  const done = world.attempt('read', conditions, () => readContent(value.real))
  if (done) world.compare('read', done.result, value.snapshot()())
}

/** @param {World} world */
export function copyTo(world, a, b) {
  const tensors = world.values.filter(({ kind }) => kind === 'tensor')
  const from = pick(tensors, a)
  const fits = tensors.filter((one) => one.type === from?.type && String(one.dims) === String(from.dims))
  const to = pick(b % 8 === 0 ? tensors : fits, b)
  if (from === undefined || to === undefined || from === to) return false
  const conditions = usable(from, to)
    .when(from.type !== to.type, 'ERR_TYPE_MISMATCH')
    .when(String(from.dims) !== String(to.dims), 'ERR_SHAPE_MISMATCH')
    .when(world.busy(from, 'read'), 'ERR_BUSY')
    .when(world.busy(to, 'write'), 'ERR_BUSY')
  const content = from.snapshot()()
  if (world.attempt('copyTo', conditions, () => from.real.copyTo(to.real)))
    to.memory.version = new Version(content)
}

/** On another thread. @param {World} world */
export function download(world, a) {
  const value = pick(
    world.values.filter(({ onDevice }) => onDevice),
    a,
  )
  if (value === undefined) return false
  const what = 'getData of a Tensor on the device'
  const snapshot = value.snapshot()
  const request = {
    what,
    conditions: usable(value).when(world.busy(value, 'read'), 'ERR_BUSY'),
    session: null,
    uses: [{ memory: value.memory, access: /** @type {const} */ ('read') }],
    ended(data) {
      world.compare(what, { type: value.type, dims: value.dims, data: [...data] }, snapshot())
    },
  }
  return start(world, request, async () => value.real.toTensor().getData())
}

/** @param {World} world */
export function dispose(world, a) {
  const value = pick(world.values, a)
  if (value === undefined) return false
  const isOwner =
    value.memory.owner === value && value.kind === 'tensor' && value.type !== 'string' && !value.onDevice
  const view = isOwner && !value.disposed && world.busy(value, 'read') === false ? value.real.data : undefined
  value.real.dispose()
  value.markDisposed(world)
  if (view && view.length > 0) throw new Mismatch('a view of a value that was disposed of is not empty')
}

/** Left to the garbage collector. @param {World} world */
export function forget(world, a) {
  const value = pick(world.values, a)
  if (value === undefined) return false
  world.values.splice(world.values.indexOf(value), 1)
}
