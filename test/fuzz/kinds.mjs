// The kinds of mutated models. A case is a kind and a seed.

import { Random } from '../helpers/random.mjs'
import { bases } from './bases.mjs'
import { mutateBytes } from './mutate-bytes.mjs'
import { mutateModel } from './mutate-model.mjs'

export const KINDS = {
  fields: { of: bases.repository, mutate: mutateModel, extension: 'onnx' },
  bytes: { of: bases.repository, mutate: mutateBytes, extension: 'onnx' },
  ort: { of: bases.ort, mutate: mutateBytes, extension: 'ort' },
  'backend-fields': { of: bases.backend, mutate: mutateModel, extension: 'onnx' },
  'backend-bytes': { of: bases.backend, mutate: mutateBytes, extension: 'onnx' },
}

/** Makes the cases of a kind. */
export class Cases {
  #kind
  #bases
  /** @type {Map<number, Uint8Array>} */
  #read = new Map()

  /** @param {keyof typeof KINDS} kind @param {string} folder for files */
  constructor(kind, folder) {
    this.#kind = KINDS[kind]
    this.#bases = this.#kind.of(folder)
  }

  get count() {
    return this.#bases.length
  }

  /** @param {number} seed */
  async make(seed) {
    const random = new Random(seed)
    const [base, donor] = [random.below(this.count), random.below(this.count)]
    const bytes = this.#kind.mutate(await this.#bytes(base), random, await this.#bytes(donor))
    const { name, path } = this.#bases[base]
    return { base: name, original: path, bytes, extension: this.#kind.extension }
  }

  async #bytes(index) {
    const known = this.#read.get(index)
    if (known !== undefined) return known
    const bytes = await this.#bases[index].read()
    this.#read.set(index, bytes)
    return bytes
  }
}
