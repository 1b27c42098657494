// The models of the microbenchmark.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../scripts/run.mjs'
import { mlp, oneNode } from '../../../test/helpers/model-builder.mjs'
import { modelFile, prepareCase, THREADS } from '../../core/case.mjs'

/** @typedef {{ id: string, title: string, dims: number[] | Record<string, number[]>, calls: number, tolerance?: number, bytes?: () => Uint8Array, path?: string }} Model `calls` per round; `tolerance` of a sum of the results, 1e-3 */

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

/** A model beside the checkout, if it is there. @returns {Model[]} */
function beside(id, title, dims, calls, tolerance) {
  const path = modelFile(id)
  return path && existsSync(path) ? [{ id, title, path, dims, calls, tolerance }] : []
}

/** Models whose runs are longer. @type {Model[]} */
export const larger = [
  ...beside('silero_v6', 'Silero VAD', { input: [1, 576], state: [2, 1, 128] }, 500),
  // OpenVINO rounds to int8 elsewhere.
  ...beside('minilm_l6_int8', 'MiniLM (6 layers, hidden 384), int8, 1 x 32', [1, 32], 50, 0.02),
  ...beside('rapidocr_cls', 'Text direction (RapidOCR), 1 x 3 x 48 x 192', [1, 3, 48, 192], 50),
  ...beside('rapidocr_rec_v4', 'Text recognition (RapidOCR v4), 1 x 3 x 48 x 320', [1, 3, 48, 320], 10),
]

/** @param {Model} model */
export function prepare({ bytes, path, ...model }, folder) {
  const file = path ?? join(folder, `${model.id}.onnx`)
  if (bytes) writeFileSync(file, bytes())
  return prepareCase({ ...model, path: file }, folder, { device: 'cpu', threads: THREADS })
}
