// The models of bench:server: a request has one row.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mlp } from '../../../test/helpers/model-builder.mjs'
import { serviceCase, listedModels as throughputModels } from '../throughput/models.mjs'

/** @typedef {{ id: string, path: string, inputs: any[], bench: any, tolerance?: string, shown: { id: string, title: string } }} ServedModel */

/** @returns {Promise<{ compared: ServedModel[], large: ServedModel | undefined }>} `large`: for the event loop's delay */
export async function listedModels(folder) {
  const path = join(folder, 'mlp.onnx')
  writeFileSync(path, mlp())
  const listed = throughputModels().models
  const prepare = async ({ id, title, path, dims, values, tolerance }) => {
    const bench = await serviceCase({ path, dims, values })
    return { id, path, inputs: bench.inputs, bench, tolerance, shown: { id, title } }
  }
  const tinyBert = listed.find(({ id }) => id === 'tiny_bert')
  // Dynamic quantization gives a row another result beside others: the difference is accepted here.
  const large = listed.find(({ id }) => id === 'minilm_l6_int8')
  return {
    compared: [
      await prepare({ id: 'mlp', title: 'MLP, 3 x 128', path, dims: [1, 128], tolerance: '1e-5' }),
      ...(tinyBert && existsSync(tinyBert.path) ? [await prepare({ ...tinyBert, tolerance: '1e-5' })] : []),
    ],
    large: large && (await prepare({ ...large, tolerance: '1' })),
  }
}
