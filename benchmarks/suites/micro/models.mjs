// The models of the microbenchmark.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { mlp, oneNode } from '../../../test/helpers/model-builder.mjs'
import { prepareCase, THREADS } from '../../core/case.mjs'

/** @typedef {{ id: string, title: string, dims: number[], calls: number, bytes?: () => Uint8Array, path?: string }} Model `calls` per round */

const tinyBert = join(root, 'test', 'models', 'tiny_bert', 'model.onnx')

/** @type {Model[]} */
export const models = [
  { id: 'one-node', title: 'One node (Add), 1 float', dims: [1], calls: 5000, bytes: oneNode },
  { id: 'mlp', title: 'MLP, 3 x 128, batch 1', dims: [1, 128], calls: 3000, bytes: mlp },
  {
    id: 'tiny-bert',
    title: 'Tiny BERT (2 layers, hidden 64), 1 x 32',
    dims: [1, 32],
    calls: 300,
    path: tinyBert,
  },
]

/** @param {Model} model */
export function prepare({ bytes, path, ...model }, folder) {
  const file = path ?? join(folder, `${model.id}.onnx`)
  if (bytes) writeFileSync(file, bytes())
  return prepareCase({ ...model, path: file }, folder, { device: 'cpu', threads: THREADS })
}
