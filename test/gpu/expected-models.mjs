// The models of the GPU suites: the small ones in test/gpu/models, and those with expected outputs in test/models and beyond.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelCases, tolerance } from '../helpers/cases.mjs'
import { readTensorFile } from './tensor-proto.mjs'

/** Path of a model in test/gpu/models. */
export const small = (name) => join(import.meta.dirname, 'models', `${name}.onnx`)

/** @typedef {import('../helpers/tensors.mjs').TensorValue} TensorValue */
/** @typedef {{ inputs: TensorValue[], outputs: TensorValue[] }} DataSet */

/** Every model with expected outputs, the smallest first: what is wrong with all of them shows soonest. */
export function expectedModels() {
  return modelCases()
    .map(({ id, dir, manifest }) => ({
      id,
      path: join(dir, 'model.onnx'),
      bytes: manifest.bytes,
      state: Object.entries(manifest.state),
      tolerance: tolerance(id),
      greedy: manifest.greedy && (() => JSON.parse(readFileSync(join(dir, manifest.greedy), 'utf8'))),
      /** @returns {DataSet[]} of a session's inputs and outputs */
      dataSets: ({ inputNames, outputNames }) =>
        numbered(dir, 'test_data_set_').map((folder) => ({
          inputs: readAll(folder, 'input_', inputNames),
          outputs: readAll(folder, 'output_', outputNames),
        })),
    }))
    .sort((a, b) => a.bytes - b.bytes)
}

export function expectedModel(id) {
  return expectedModels().find((model) => model.id === id)
}

function readAll(folder, prefix, names) {
  const files = numbered(folder, prefix)
  if (files.length !== names.length)
    throw new Error(`${folder}: ${files.length} files for ${names.length} names`)
  return files.map((file, i) => readTensorFile(readFileSync(file), names[i]))
}

/** Entries of a folder with a prefix and a number, in the order of the numbers. */
function numbered(folder, prefix) {
  const number = (entry) => Number.parseInt(entry.slice(prefix.length), 10)
  return readdirSync(folder)
    .filter((entry) => entry.startsWith(prefix))
    .sort((a, b) => number(a) - number(b))
    .map((entry) => join(folder, entry))
}
