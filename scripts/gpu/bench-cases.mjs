// The models of the benchmark, and what each contender is given of one.
import { writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { SMALL_FLOATS } from '../../dist/tools/tensors/small-floats.js'
import { openCpu, random, tensorOf } from './gpu.mjs'
import { expectedModel, small } from './models.mjs'

/**
 * @typedef {{ name: string, type: string, dims: number[], file?: string }} Port
 * @typedef {object} Case
 * @property {string} path
 * @property {Port[]} inputs `file` holds the bytes
 * @property {Port[]} outputs
 * @property {Record<string, number>} freeDimensionOverrides the sizes of the model's symbolic dimensions
 * @property {boolean} useTf32
 * @property {string} [torch] file of the same model as a module of torch
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {string} title
 * @property {string} path
 * @property {Record<string, number[]> | number[]} [dims] of each input by name, or of all of them
 * @property {(folder: string) => Promise<{ inputs: Port[], outputs: Port[], symbols: Record<string, number> }>} [ports]
 *   in place of `dims`: writes inputs of its own, and knows the outputs' shapes
 * @property {(session: object) => import('./models.mjs').TensorValue[]} [sample] in place of `dims`: inputs, with their values
 * @property {string} [torch]
 * @property {string} [noGraphs] why our graphs are not measured
 */

/** @returns {Model[]} */
export function builtIn() {
  const bert = expectedModel('tiny_bert')
  const silero = expectedModel('silero_v6')
  const gpt2 = expectedModel('tiny_gpt2_dyn_f32')
  // Of ../shared/models, or what ONNX_MODELS_DIR names.
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
    { id: 'gpt2-step', title: 'Tiny GPT-2, a decoding step', path: gpt2.path, sample: sampleOf(gpt2) },
    ...(miniLm === undefined
      ? []
      : [{ id: 'minilm', title: 'MiniLM-L6 (int8), one text', path: miniLm.path, sample: sampleOf(miniLm) }]),
  ]
}

/**
 * A model of the command line.
 * @param {string} path
 * @param {string[]} shapes `1x128` for all inputs, or `name=1x128`
 * @param {string} [torch]
 * @returns {Model}
 */
export function given(path, shapes, torch) {
  const sizes = (text) => {
    if (!/^(\d+(x\d+)*)?$/.test(text)) throw new Error(`--shape ${text}: expected numbers such as 1x128`)
    return text === '' ? [] : text.split('x').map(Number)
  }
  const named = shapes.filter((shape) => shape.includes('=')).map((shape) => shape.split('='))
  const [all] = shapes.filter((shape) => !shape.includes('='))
  const dims = all !== undefined && named.length === 0 ? sizes(all) : {}
  for (const [name, text] of named) dims[name] = sizes(text)
  const name = basename(path).replace(/\.onnx$/, '')
  const text = shapes.map((shape) => shape.split('=').at(-1)).join(',')
  return {
    id: `${name}-${text}`,
    title: `${name}, ${text}`,
    path: resolve(path),
    dims,
    torch: torch && resolve(torch),
  }
}

/** The inputs of a model's last data set: of a decoder, with a cache of the steps before. */
function sampleOf(model) {
  return (session) => model.dataSets(session).at(-1).inputs
}

/** Numbers, or what is a token, a type and a mask all at once; of a sample rate, one. */
function fill({ name, type, dims }) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  if (type === 'float32') return random(length)
  if (type === 'float16') return Uint16Array.from(random(length), SMALL_FLOATS.float16.encode)
  if (type === 'int64') return new BigInt64Array(length).fill(name === 'sr' ? 16_000n : 1n)
  if (type === 'int32') return new Int32Array(length).fill(1)
  if (type === 'bool') return new Uint8Array(length).fill(1)
  throw new Error(`input '${name}': the benchmark has none of ${type}`)
}

/**
 * Writes the inputs into a folder, and runs the model once on the CPU to learn its outputs' shapes.
 * @param {Model} model
 * @returns {Promise<Case>}
 */
export async function prepareCase(
  { id, path, dims, ports: own, sample, torch },
  folder,
  { useTf32 = false } = {},
) {
  if (own !== undefined) {
    const { symbols, ...ports } = await own(folder)
    return { path, ...ports, freeDimensionOverrides: symbols, useTf32, ...(torch && { torch }) }
  }
  const session = await openCpu(path)
  try {
    const values = sample?.(session)
    const ports = session.inputMetadata.map(({ name, type, shape }, i) => {
      if (values !== undefined) return { name, type, dims: [...values[i].dims] }
      const sizes = Array.isArray(dims) ? dims : (dims[name] ?? shape)
      if (sizes.every(Number.isInteger)) return { name, type, dims: [...sizes] }
      throw new Error(`input '${name}' is [${shape.join(', ')}]: give its shape by --shape ${name}=...`)
    })
    const inputs = ports.map((port, i) => {
      const data = values?.[i].data ?? fill(port)
      const file = join(folder, `${id.replace(/\W/g, '-')}-${i}.bin`)
      writeFileSync(file, data)
      return { ...port, data, file }
    })
    const results = await session.run(
      Object.fromEntries(inputs.map((input) => [input.name, tensorOf(input)])),
    )
    const symbols = session.inputMetadata.flatMap(({ shape }, i) =>
      shape
        .map((dim, axis) => [dim, ports[i].dims[axis]])
        .filter(([dim]) => typeof dim === 'string' && dim !== ''),
    )
    return {
      path,
      inputs: inputs.map(({ data, ...port }) => port),
      outputs: session.outputNames.map((name) => ({
        name,
        type: results[name].type,
        dims: [...results[name].dims],
      })),
      freeDimensionOverrides: Object.fromEntries(symbols),
      useTf32,
      ...(torch && { torch }),
    }
  } finally {
    await session.release()
  }
}
