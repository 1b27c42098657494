// The models that requests are put to, one input at a time.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from '../../dist/index.mjs'
import { modelCases } from '../../test/helpers/cases.mjs'
import { THREADS } from './models.mjs'

/** The load at which the contenders are held against each other. */
export const COMPARED_AT = 70
/** Offered loads, in percent of what onnxruntime-node can do at most with nothing else on its event loop. */
export const LADDER = [10, 30, 50, 60, COMPARED_AT, 80, 90, 100, 120]
/** For models that are there beside the first: a run of all is to take a quarter of an hour at most. */
const TWO = [10, COMPARED_AT]

/** @typedef {{ id: string, title: string, loads: number[], dims: Record<string, number[]> | number[], values?: Record<string, string>, path: string }} Model */

const LISTED = [
  { id: 'tiny_bert', title: 'Tiny BERT (2 layers, hidden 64), 1 x 32', dims: [1, 32], loads: LADDER },
  {
    id: 'silero_v6',
    title: 'Voice activity detector (Silero), a step of 32 ms',
    dims: { input: [1, 576], state: [2, 1, 128], sr: [] },
    values: { state: '0', sr: '16000' },
    loads: TWO,
  },
  { id: 'minilm_l6_int8', title: 'MiniLM (6 layers, hidden 384), int8, 1 x 32', dims: [1, 32], loads: TWO },
]

/**
 * @returns {{ models: Model[], missing: string[] }} those whose files are here, and the ids of the others
 */
export function listedModels() {
  const folders = new Map(modelCases().map(({ id, dir }) => [id, dir]))
  const models = LISTED.filter(({ id }) => folders.has(id)).map((model) => ({
    ...model,
    path: join(folders.get(model.id), 'model.onnx'),
  }))
  return { models, missing: LISTED.map(({ id }) => id).filter((id) => !folders.has(id)) }
}

/**
 * A model of the user's: all its inputs are of one shape.
 * @param {string} path
 * @param {string} shape such as 1x32
 * @returns {Model}
 */
export function namedModel(path, shape) {
  if (!existsSync(path)) throw new Error(`--model: there is no file '${path}'`)
  if (!/^\d+(x\d+)*$/.test(shape)) throw new Error(`--shape must be dimensions such as 1x32, not '${shape}'`)
  const id = path
    .split(/[\\/]/)
    .at(-1)
    .replace(/\.onnx$/, '')
  return { id, title: `${id}, ${shape}`, dims: shape.split('x').map(Number), loads: LADDER, path }
}

/**
 * What a contender is given of a model.
 * @param {Model} model
 * @returns {Promise<import('./throughput-services.mjs').Case>}
 */
export async function caseOf({ path, dims, values = {} }) {
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
