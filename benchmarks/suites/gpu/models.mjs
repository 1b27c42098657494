// The models of the GPU benchmark.
import { basename, resolve } from 'node:path'
import { expectedModel, small } from '../../../test/gpu/expected-models.mjs'

/** @typedef {import('../../core/case.mjs').Model & { noGraphs?: string }} Model `noGraphs`: why our graphs are not measured */

/** The inputs of a model's last data set: of a decoder, with a cache of earlier steps. */
const lastSample = (model) => (session) => model.dataSets(session).at(-1).inputs

/** @returns {Model[]} */
export function builtIn() {
  const bert = expectedModel('tiny_bert')
  const silero = expectedModel('silero_v6')
  const gpt2 = expectedModel('tiny_gpt2_dyn_f32')
  // From ../shared/models, or the folder that ONNX_MODELS_DIR names.
  const miniLm = expectedModel('minilm_l6_int8')
  return [
    { id: 'mlp', title: 'MLP, 3 x 128, batch 1', path: small('mlp'), dims: [1, 128] },
    { id: 'mlp-256', title: 'MLP, 3 x 128, batch 256', path: small('mlp'), dims: [256, 128] },
    { id: 'one-node', title: 'One node (Add), 1 float', path: small('one-node'), dims: [1] },
    { id: 'tiny-bert', title: 'Tiny BERT (2 layers, hidden 64), 1 x 32', path: bert.path, dims: [1, 32] },
    {
      id: 'silero',
      title: 'Silero VAD, one step',
      path: silero.path,
      dims: { input: [1, 576], state: [2, 1, 128], sr: [] },
      noGraphs: 'it branches, and ONNX Runtime captures no control flow',
    },
    { id: 'gpt2-step', title: 'Tiny GPT-2, a decoding step', path: gpt2.path, sample: lastSample(gpt2) },
    ...(miniLm
      ? [{ id: 'minilm', title: 'MiniLM-L6 (int8), one text', path: miniLm.path, sample: lastSample(miniLm) }]
      : []),
  ]
}

/**
 * A model of the command line.
 * @param {string} path
 * @param {string[]} shapes `1x128` for all inputs, or `name=1x128`
 * @param {string} [torch]
 * @returns {Model}
 */
export function givenModel(path, shapes, torch) {
  const sizes = (text) => {
    if (!/^(\d+(x\d+)*)?$/.test(text)) throw new Error(`--shape ${text}: expected numbers such as 1x128`)
    return text === '' ? [] : text.split('x').map(Number)
  }
  const named = shapes.filter((shape) => shape.includes('=')).map((shape) => shape.split('='))
  const [all] = shapes.filter((shape) => !shape.includes('='))
  const dims = Object.fromEntries(named.map(([name, text]) => [name, sizes(text)]))
  const name = basename(path).replace(/\.onnx$/, '')
  const text = shapes.map((shape) => shape.split('=').at(-1)).join(',')
  return {
    id: `${name}-${text}`,
    title: `${name}, ${text}`,
    path: resolve(path),
    dims: all !== undefined && named.length === 0 ? sizes(all) : dims,
    torch: torch && resolve(torch),
  }
}
