// The models, and what each contender is given of one: the file, the inputs' bytes, the outputs' shapes.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../dist/index.mjs'
import { mlp, oneNode, pseudoRandom } from '../../test/helpers/model-builder.mjs'
import { elementTypes } from '../../test/helpers/tensors.mjs'
import { root } from '../run.mjs'

/** The same for every contender: with one thread a small model is neither faster nor slower, but steadier. */
export const THREADS = 1

/**
 * @typedef {{ name: string, type: string, code: number, dims: number[], file?: string }} Port
 * @typedef {{ path: string, threads: number, inputs: Port[], outputs: Port[] }} Case
 *   `file` holds an input's bytes
 * @typedef {{ id: string, title: string, dims: number[], calls: number, bytes?: () => Uint8Array, path?: string }} Model
 *   `dims` are every input's, `calls` those of a round
 */

/**
 * @param {string | undefined} bert path of a BERT-like model of int64 inputs, to be measured too
 * @returns {Model[]}
 */
export function models(bert) {
  const tinyBert = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')
  return [
    { id: 'one-node', title: 'One node (Add), 1 float', dims: [1], calls: 5000, bytes: oneNode },
    { id: 'mlp', title: 'MLP, 3 x 128, batch 1', dims: [1, 128], calls: 3000, bytes: mlp },
    {
      id: 'tiny-bert',
      title: 'Tiny BERT (2 layers, hidden 64), 1 x 32',
      dims: [1, 32],
      calls: 300,
      path: tinyBert,
    },
    ...(bert ? [{ id: 'bert', title: 'BERT, 1 x 128', dims: [1, 128], calls: 20, path: bert }] : []),
  ]
}

/**
 * Writes what a model needs into a folder, and runs it once to learn its outputs' shapes.
 * @param {Model} model
 * @param {string} folder
 * @returns {Promise<Case>}
 */
export async function prepare(model, folder) {
  const path = model.path ?? join(folder, `${model.id}.onnx`)
  if (model.bytes) writeFileSync(path, model.bytes())
  const session = await InferenceSession.create(path, { intraOpNumThreads: THREADS })
  const feeds = Object.fromEntries(
    session.inputMetadata.map(({ name, type }) => [
      name,
      new Tensor(type, fill(type, model.dims), model.dims),
    ]),
  )
  const inputs = Object.entries(feeds).map(([name, { data, type, dims }], i) => {
    const file = join(folder, `${model.id}-${i}.bin`)
    writeFileSync(file, data)
    return { ...port(name, type, dims), file }
  })
  const results = await session.run(feeds)
  await session.release()
  const outputs = Object.entries(results).map(([name, { type, dims }]) => port(name, type, dims))
  return { path, threads: THREADS, inputs, outputs }
}

/**
 * Numbers, or what is a token, a type and a mask all at once.
 * @param {string} type
 * @param {number[]} dims
 */
function fill(type, dims) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  if (type === 'float32') return pseudoRandom(length)
  if (type === 'int64') return new BigInt64Array(length).fill(1n)
  throw new Error(`the benchmark has no input of ${type}`)
}

function port(name, type, dims) {
  return { name, type, code: elementTypes[type].code, dims: [...dims] }
}
