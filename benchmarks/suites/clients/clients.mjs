// The clients: published packages that use onnxruntime-node, and what one call of each does. They are installed in a folder of
// their own, with the programs of test/clients.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The name of MiniLM's folder beside the packages. */
export const MINILM = 'minilm'
const TEXTS = 24
/** The tokenizer makes a token of each letter. */
const SENTENCE = 'a small service embeds the questions of its many callers'

/** @typedef {{ id: string, title: string, open: (folder: string) => Promise<() => Promise<Uint8Array | string>> }} Client `open`: returns its call */

const imported = (folder, name) => {
  const path = createRequire(join(folder, 'package.json')).resolve(name)
  return import(pathToFileURL(path).href).then((module) => module.default ?? module)
}
const picture = async (folder) =>
  (await import(pathToFileURL(join(folder, 'programs', 'picture.mjs')).href)).writePicture()

/** @type {Client[]} */
export const clients = [
  {
    id: 'transformers',
    title: `transformers.js, ${TEXTS} texts`,
    async open(folder) {
      const { env, pipeline } = await imported(folder, '@huggingface/transformers')
      Object.assign(env, { allowRemoteModels: false, localModelPath: folder, useFSCache: false })
      const embed = await pipeline('feature-extraction', MINILM, { dtype: 'fp32' })
      const texts = Array.from({ length: TEXTS }, (_, i) => SENTENCE.slice(i))
      return async () => {
        const { data } = await embed(texts, { pooling: 'mean', normalize: true })
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      }
    },
  },
  {
    id: 'background-removal',
    title: 'background-removal-node, a picture',
    async open(folder) {
      const { removeBackground } = await imported(folder, '@imgly/background-removal-node')
      const blob = new Blob([readFileSync(await picture(folder))], { type: 'image/png' })
      const dist = join(folder, 'node_modules', '@imgly', 'background-removal-node', 'dist', '/')
      const options = { model: 'small', publicPath: pathToFileURL(dist).href }
      return async () => new Uint8Array(await (await removeBackground(blob, options)).arrayBuffer())
    },
  },
  {
    id: 'ocr',
    title: 'ocr-node, a picture',
    async open(folder) {
      const ocr = await (await imported(folder, '@gutenye/ocr-node')).create()
      const path = await picture(folder)
      return async () => JSON.stringify(await ocr.detect(path))
    },
  },
]
