// The models that the fuzzer changes.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import * as kinds from '../helpers/kind-models.mjs'
import { identity, mlp, oneNode, sequenceType, slowLoop, tensorType } from '../helpers/model-builder.mjs'
import * as shapes from '../helpers/shape-models.mjs'

const LARGEST = 100_000
const tests = join(import.meta.dirname, '..')
/** Debian's package libonnx-testdata. */
const BACKEND = '/usr/share/libonnx-testdata/data'
export const hasBackend = existsSync(BACKEND)

/** `path` is that of its file, beside which it may have data. @typedef {{ name: string, read: () => Uint8Array | Promise<Uint8Array>, path?: string }} Base */

/** @returns {Base[]} */
function built() {
  const float = tensorType('float32', [null])
  const models = {
    oneNode,
    mlp,
    slowLoop,
    ...shapes,
    construct: () => kinds.construct('int64'),
    constructStrings: () => kinds.construct('string'),
    append: kinds.append,
    empty: kinds.empty,
    length: () => kinds.length('float32'),
    hasElement: () => kinds.hasElement(sequenceType(float)),
    passOptional: kinds.passOptional,
    zipMap: kinds.zipMap,
    sparseOutput: kinds.sparseOutput,
    strings: () => identity('string', ['n']),
    float8: () => identity('float8e4m3fn', ['n', 2]),
    int4: () => identity('int4', [3]),
  }
  return Object.entries(models).map(([name, read]) => ({ name, read }))
}

/** @param {readonly string[]} paths @returns {Base[]} */
const files = (paths) =>
  paths
    .filter((path) => statSync(path).size <= LARGEST)
    .sort()
    .map((path) => ({ name: path, path, read: () => new Uint8Array(readFileSync(path)) }))

/** @param {string} folder @param {(name: string) => string} path */
const inFolders = (folder, path) =>
  files(
    readdirSync(folder)
      .map(path)
      .filter((file) => existsSync(file)),
  )

/** The models of this repository. @returns {Base[]} */
function repository() {
  const fixtures = join(tests, 'export', 'fixtures')
  return [
    ...built(),
    ...inFolders(join(tests, 'models'), (name) => join(tests, 'models', name, 'model.onnx')),
    ...files(
      readdirSync(fixtures)
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => join(fixtures, name)),
    ),
  ]
}

/** The models of ONNX's backend suite, one for nearly each operator. @returns {Base[]} */
function backend() {
  if (!hasBackend) return []
  return readdirSync(BACKEND).flatMap((kind) =>
    inFolders(join(BACKEND, kind), (name) => join(BACKEND, kind, name, 'model.onnx')),
  )
}

/** Of optionals, for which the format .ort has no type. */
const WITHOUT_ORT = ['hasElement', 'passOptional']

/** In ONNX Runtime's own format. @param {Base} base @param {string} folder for a file @returns {Base} */
const converted = ({ name, read, path: original }, folder) => ({
  name: `${name}, as .ort`,
  async read() {
    const path = join(folder, 'converted.ort')
    const session = await InferenceSession.create(original ?? (await read()), {
      // What the level above does depends on the processor.
      graphOptimizationLevel: 'basic',
      optimizedModelFilePath: path,
      extra: { session: { save_model_format: 'ORT' } },
      logSeverityLevel: 4,
    })
    await session.release()
    const bytes = new Uint8Array(readFileSync(path))
    rmSync(path)
    return bytes
  },
})

/** @type {Record<string, (folder: string) => Base[]>} */
export const bases = {
  repository,
  backend,
  ort: (folder) =>
    repository()
      .filter(({ name }) => !WITHOUT_ORT.includes(name))
      .map((base) => converted(base, folder)),
}
