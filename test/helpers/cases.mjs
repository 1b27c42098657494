import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Manifest
 * @property {string} id
 * @property {string} package where the model comes from
 * @property {string} license
 * @property {string} covers
 * @property {number} bytes
 * @property {Record<string, string>} state inputs and the outputs that feed them on the next data set
 * @property {number} test_data_sets
 * @property {string} [sha256]
 * @property {string} [path_in_package]
 * @property {string} [greedy] a file of a prompt and the tokens that greedy decoding must give
 * @typedef {{ id: string, dir: string, manifest: Manifest, bundled: boolean }} ModelCase
 */

const repository = fileURLToPath(new URL('../../', import.meta.url))
const bundledDir = join(repository, 'test', 'models')

/**
 * Every model of test/models and, where the folder ONNX_MODELS_DIR exists, those that only it has.
 * @returns {ModelCase[]}
 */
export function modelCases() {
  const extraDir = resolve(repository, process.env.ONNX_MODELS_DIR ?? '../shared/models')
  const bundled = casesIn(bundledDir, true)
  const ids = new Set(bundled.map(({ id }) => id))
  return [...bundled, ...casesIn(extraDir, false).filter(({ id }) => !ids.has(id))]
}

/**
 * @param {string} dir
 * @param {boolean} bundled
 * @returns {ModelCase[]}
 */
function casesIn(dir, bundled) {
  const path = join(dir, 'manifest.json')
  if (!existsSync(path)) return []
  /** @type {Manifest[]} */
  const manifests = JSON.parse(readFileSync(path, 'utf8'))
  return manifests.map((manifest) => ({ id: manifest.id, dir: join(dir, manifest.id), manifest, bundled }))
}

/**
 * @param {string} id
 * @returns {{ rtol: number, atol: number }}
 */
export function tolerance(id) {
  return id.endsWith('_f16') ? { rtol: 1e-2, atol: 1e-2 } : { rtol: 1e-3, atol: 1e-4 }
}
