// What a run of a model reads, and what it must give, from the contents of its inputs.
import { isLong } from '../content.mjs'
import { Conditions } from '../world.mjs'

/**
 * @typedef {import('../world.mjs').World} World
 * @typedef {import('../world.mjs').Value} Value
 * @typedef {import('../models.mjs').Model} Model
 * @typedef {Record<string, () => import('../models.mjs').Content | undefined>} Snapshots
 */

const ELEMENTS = { 'sequence(float32)': 'float32', 'sequence(string)': 'string' }

/** The values that an input or output of this type takes, mostly those that its session can use. @param {World} world */
export function valuesFor(world, session, model, name, n) {
  const type = model.inputs[name] ?? model.outputs[name]
  const element = ELEMENTS[type]
  const rank = name === 'trips' ? 0 : 1
  return world.values.filter((value) => {
    if (element) return value.kind === 'sequence' && elementType(value) === element
    if (value.onDevice && session.device === 'cpu' && n % 8 !== 0) return false
    return value.kind === 'tensor' && value.type === type && value.dims.length === rank
  })
}

/** @param {Value} value a sequence */
function elementType(value) {
  return value.elements[0]?.type ?? value.snapshot()()?.elements[0]?.type
}

/** @param {readonly Value[]} values */
export function feedUses(values) {
  return values
    .flatMap((value) => [value, ...value.elements])
    .map((value) => ({
      memory: value.memory,
      value,
      access: /** @type {import('../world.mjs').Access} */ ('read'),
    }))
}

/** Whether it may. @param {Snapshots} contents */
export function runsEndless(contents) {
  if (contents.trips === undefined) return false
  const trips = contents.trips()
  // Unknown where a run that failed may have written them.
  return trips === undefined || ('data' in trips && trips.data[0] > 1_000_000n)
}

/** @param {Model} model @param {Snapshots} contents @param {Record<string, readonly number[]>} dims */
export function chooseIo(model, contents, dims) {
  const shapes = Object.entries(dims)
    .filter(([name]) => name !== 'trips')
    .map(([, one]) => one)
  const alike = model.dynamic !== undefined || shapes.every((one) => String(one) === String(shapes[0]))
  return {
    conditions: new Conditions(),
    // The nodes before the one that fails may have an output of another size.
    outcome: new Conditions().when(!alike, 'ERR_ORT_*').when(!alike && 'maybe', 'ERR_OUTPUT_SHAPE'),
    /** Of each output that is not dynamic. */
    resultDims: model.dynamic ? undefined : shapes[0],
    compute() {
      const inputs = Object.fromEntries(Object.entries(contents).map(([name, content]) => [name, content()]))
      return Object.values(inputs).includes(undefined) ? undefined : model.compute(inputs)
    },
    /** Whether strings would become longer and longer. */
    isLong: () =>
      Object.values(contents).some((content) => {
        const known = content()
        return known !== undefined && 'data' in known && isLong(known)
      }),
  }
}
