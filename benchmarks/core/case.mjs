// The part of a model that the targets receive: its file, the bytes of its inputs, the shapes of its outputs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { modelCases } from '../../test/helpers/cases.mjs'
import { SMALL_FLOATS } from '../../test/helpers/library.mjs'
import { pseudoRandom } from '../../test/helpers/random.mjs'
import { elementTypes } from '../../test/helpers/tensors.mjs'

/**
 * @typedef {{ name: string, type: string, code: number, dims: number[], file?: string }} BoundTensor `file`: an input's bytes
 * @typedef {{ path: string, device: 'cpu' | 'cuda', inputs: BoundTensor[], outputs: BoundTensor[], threads?: number, useTf32?: boolean, freeDimensionOverrides: Record<string, number>, torch?: string, int8?: string, openVino?: string }} Case
 *   `threads`: on the CPU; `useTf32` and `freeDimensionOverrides` (the sizes of symbolic dimensions): on a GPU; `torch`: file
 *   of the same model as a torch module; `int8`: one of it with int8 weights; `openVino`: OpenVINO's plugin
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {string} title
 * @property {string} path
 * @property {string} [torch]
 * @property {Record<string, readonly number[]> | readonly number[]} [dims] of each input by name, or of all inputs
 * @property {(session: object) => { dims: readonly number[], data: any }[]} [sample] the inputs, in place of `dims`
 * @property {(folder: string) => Promise<{ inputs: BoundTensor[], outputs: BoundTensor[], freeDimensionOverrides: Record<string, number> }>} [tensors]
 *   in place of both: writes the inputs itself and knows the outputs' shapes
 */

/** The same on every target: with one thread a small model is neither faster nor slower, but steadier. */
export const THREADS = 1

/** The file of a model that is there: in the checkout, or beside it. @param {string} id */
export function modelFile(id) {
  const folder = modelCases().find((one) => one.id === id)?.dir
  return folder && join(folder, 'model.onnx')
}

/** @returns {BoundTensor} */
export const boundTensor = (name, type, dims) => ({
  name,
  type,
  code: elementTypes[type].code,
  dims: [...dims],
})

/** An input, and its bytes in a file. @returns {BoundTensor} */
export function writeInput({ name, type, dims, data }, folder, stem) {
  const file = join(folder, `${stem.replace(/\W/g, '-')}.bin`)
  writeFileSync(file, data)
  return { ...boundTensor(name, type, dims), file }
}

/** The sizes of a model's symbolic dimensions, from the shapes of its inputs. */
export const symbolSizes = (inputMetadata, shapes) =>
  Object.fromEntries(
    inputMetadata.flatMap(({ shape }, i) =>
      shape
        .map((dim, axis) => [dim, shapes[i][axis]])
        .filter(([dim]) => typeof dim === 'string' && dim !== ''),
    ),
  )

const FILL = {
  float32: (length) => pseudoRandom(length),
  float16: (length) => Uint16Array.from(pseudoRandom(length), SMALL_FLOATS.float16.encode),
  // A token, a type and a mask at once; of a sample rate, a rate.
  int64: (length, name) => new BigInt64Array(length).fill(name === 'sr' ? 16_000n : 1n),
  int32: (length) => new Int32Array(length).fill(1),
  bool: (length) => new Uint8Array(length).fill(1),
}

function fill({ name, type, dims }) {
  if (FILL[type])
    return FILL[type](
      dims.reduce((product, dim) => product * dim, 1),
      name,
    )
  throw new Error(`input '${name}': the benchmark has no data of type ${type}`)
}

/**
 * Writes a model's inputs into a folder, and runs it once on the CPU to learn its outputs' shapes.
 * @param {Model} model
 * @param {string} folder
 * @param {{ device: 'cpu' | 'cuda', threads?: number, useTf32?: boolean, int8?: string, openVino?: string }} settings
 * @returns {Promise<Case>}
 */
export async function prepareCase({ id, path, torch, dims, sample, tensors }, folder, settings) {
  const bench = { path, ...settings, ...(torch && { torch }) }
  if (tensors !== undefined) return { ...bench, ...(await tensors(folder)) }
  const session = await InferenceSession.create(path, { logSeverityLevel: 3, intraOpNumThreads: THREADS })
  try {
    const { inputMetadata } = session
    const given = sample?.(session)
    const inputs = inputMetadata.map(({ name, type, shape }, i) => {
      if (given !== undefined) return { name, type, dims: [...given[i].dims], data: given[i].data }
      const sizes = Array.isArray(dims) ? dims : (dims[name] ?? shape)
      if (!sizes.every(Number.isInteger)) {
        throw new Error(`input '${name}' is [${shape.join(', ')}]: give its shape by --shape ${name}=...`)
      }
      return { name, type, dims: sizes, data: fill({ name, type, dims: sizes }) }
    })
    const feeds = inputs.map(({ name, type, dims, data }) => [name, new Tensor(type, data, dims)])
    const results = await session.run(Object.fromEntries(feeds))
    return {
      ...bench,
      inputs: inputs.map((input, i) => writeInput(input, folder, `${id}-${i}`)),
      outputs: session.outputNames.map((name) => boundTensor(name, results[name].type, results[name].dims)),
      freeDimensionOverrides: symbolSizes(
        inputMetadata,
        inputs.map((input) => input.dims),
      ),
    }
  } finally {
    await session.release()
  }
}
