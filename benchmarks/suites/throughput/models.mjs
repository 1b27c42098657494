// The models that requests are sent to, one input at a time.
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { InferenceSession } from '../../../dist/index.mjs'
import { modelFile, THREADS } from '../../core/case.mjs'

/** The load at which the targets are compared. */
export const COMPARED_AT = 70
/** Offered loads, in percent of onnxruntime-node's capacity with nothing else on its event loop. */
export const LADDER = [10, 30, 50, 60, COMPARED_AT, 80, 90, 100, 120]
/** For the models after the first: the whole suite should take about 20 minutes. */
const TWO = [10, COMPARED_AT]

/** @typedef {{ id: string, title: string, loads: number[], dims: Record<string, number[]> | number[], values?: Record<string, string>, path: string }} Model */

/** The masks are of ones: a request has no padding, where it is alone. */
const LISTED = [
  {
    id: 'tiny_bert',
    title: 'Tiny BERT (2 layers, hidden 64), 1 x 32',
    dims: [1, 32],
    values: { input_1: '1' },
    loads: LADDER,
  },
  {
    id: 'silero_v6',
    title: 'Voice activity detector (Silero), a step of 32 ms',
    dims: { input: [1, 576], state: [2, 1, 128], sr: [] },
    values: { state: '0', sr: '16000' },
    loads: TWO,
  },
  {
    id: 'minilm_l6_int8',
    title: 'MiniLM (6 layers, hidden 384), int8, 1 x 32',
    dims: [1, 32],
    values: { attention_mask: '1' },
    loads: TWO,
  },
]

/** @returns {{ models: Model[], missing: string[] }} the models whose files are present, and the ids of the others */
export function listedModels() {
  const all = LISTED.map((model) => ({ ...model, path: modelFile(model.id) }))
  return {
    models: all.filter(({ path }) => path !== undefined),
    missing: all.filter(({ path }) => path === undefined).map(({ id }) => id),
  }
}

/** A model of the command line, whose inputs all have one shape. @param {string} shape such as 1x32 @returns {Model} */
export function namedModel(path, shape) {
  if (!existsSync(path)) throw new Error(`--model: no file '${path}'`)
  if (!/^\d+(x\d+)*$/.test(shape))
    throw new Error(`--shape: expected dimensions such as 1x32, got '${shape}'`)
  const id = basename(path).replace(/\.onnx$/, '')
  return { id, title: `${id}, ${shape}`, dims: shape.split('x').map(Number), loads: LADDER, path }
}

/** What a target is given of a model. @param {Model} model @returns {Promise<import('../../targets/services.mjs').Case>} */
export async function serviceCase({ path, dims, values = {} }) {
  const session = await InferenceSession.create(path, { intraOpNumThreads: THREADS })
  const inputs = session.inputMetadata.map(({ name, type }) => ({
    name,
    type,
    dims: Array.isArray(dims) ? dims : dims[name],
    value: values[name],
  }))
  await session.release()
  return { path, threads: THREADS, inputs }
}
