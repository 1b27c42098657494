// The model of the BERT benchmark for ONNX Runtime and for torch, and the targets' inputs for a shape.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { InferenceSession } from '../../../dist/index.mjs'
import { root, run } from '../../../scripts/run.mjs'
import { randomNumbers } from '../../../test/helpers/library.mjs'
import { boundTensor, symbolSizes, writeInput } from '../../core/case.mjs'
import { findPython } from '../../targets/targets.mjs'

/** Models that scripts/export has written. */
const FOLDER = join(root, 'build', 'bert')
const EXPORT = join(root, 'scripts', 'export', 'export_bert.py')
const QUANTIZE = join(root, 'scripts', 'export', 'quantize.py')

/** `longest`: the most tokens of a row */
export const sizes = {
  base: { title: 'BERT-base (12 layers, hidden 768)', vocabulary: 28996, longest: 512 },
  tiny: { title: 'Tiny BERT (2 layers, hidden 64)', vocabulary: 1000, longest: 128 },
}

/**
 * @typedef {{ size: 'base' | 'tiny', precision: 'fp32' | 'fp16', path: string, torch?: string, int8?: string }} Model
 *   `torch`: the same as a module that torch.save wrote; `int8`: with int8 weights, by quantize_dynamic
 * @typedef {{ id: string, batch: number, sequence: number }} Shape
 *
 * @typedef {object} Options of both devices
 * @property {Shape[]} shapes the smallest first
 * @property {import('../../core/target-pool.mjs').Target[]} targets
 * @property {string} python
 * @property {number} minutes
 * @property {string} out the journal
 * @property {boolean} fresh
 */

/**
 * On the CPU PyTorch's default, of whose graph ONNX Runtime fuses more. On CUDA the legacy exporter: dynamo makes a
 * GatherND of bool of BERT's mask, for which ONNX Runtime has no CUDA kernel.
 */
const EXPORTERS = { cpu: 'dynamo', cuda: 'legacy' }

/**
 * The given files, or those in build/bert, which are made first where Python has the packages.
 * @param {{ size: 'base' | 'tiny', device: 'cpu' | 'cuda', precision?: 'fp32' | 'fp16', model?: string, torch?: string, python: string }} options
 * @returns {Model}
 */
export function findModel({ size, device, precision = 'fp32', model, torch, python }) {
  const given =
    model ?? (size === 'tiny' ? join(root, 'test', 'models', 'tiny_bert', 'model.onnx') : undefined)
  const half = precision === 'fp16'
  const exporter = EXPORTERS[device]
  const name = `bert-${size}-${exporter}${half ? '-half' : ''}`
  const made = { path: join(FOLDER, `${name}.onnx`), torch: join(FOLDER, `${name}.torch.pt`) }
  const files = given === undefined ? made : { path: given, torch }
  if (given === undefined && !(existsSync(made.path) && existsSync(made.torch))) {
    makeModel(made, python, ['--size', size, '--exporter', exporter, ...(half ? ['--half'] : [])])
  }
  for (const file of Object.values(files)) {
    if (file && !existsSync(file)) throw new Error(`${file} does not exist: --model and --torch name files`)
  }
  return { size, precision, path: resolve(files.path), ...(files.torch && { torch: resolve(files.torch) }) }
}

/** The given file, or that of a model in build/bert, which is made first where Python has the packages. */
export function findInt8({ path }, int8, python) {
  if (int8) return resolve(int8)
  if (dirname(path) !== FOLDER) return undefined
  const made = path.replace(/\.onnx$/, '.int8.onnx')
  return existsSync(made) || run(python, [QUANTIZE, path, made]) ? made : undefined
}

function makeModel({ path, torch }, python, args) {
  const { found, missing } = findPython(python)
  const expected = `no --model FILE was given, and ${relative(root, path)} does not exist`
  const remedy =
    'Give --model FILE (and --torch FILE for torch), or --python PATH of a Python with the packages of scripts/export/requirements.txt'
  if (!found?.torch) throw new Error(`${expected}: ${missing ?? `${python} has no torch`}. ${remedy}`)
  mkdirSync(FOLDER, { recursive: true })
  if (run(python, [EXPORT, ...args, '--out', path, '--torch', torch])) return
  throw new Error(`${expected}: ${relative(root, EXPORT)} failed (see above). ${remedy}`)
}

/** A digest of the contents of some files. */
export async function digest(files) {
  const hash = createHash('sha256')
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex').slice(0, 16)
}

/** What distinguishes a model in a file of results. */
export async function identify({ size, path, torch, int8 }) {
  return {
    title: sizes[size].title,
    file: basename(path),
    sha256: await digest([path]),
    torch: Boolean(torch),
    ...(int8 && { int8: await digest([int8]) }),
  }
}

/**
 * @param {string[]} texts such as `8x128`
 * @param {'base' | 'tiny'} size
 * @returns {Shape[]} the smallest first
 */
export function parseShapes(texts, size) {
  const shapes = texts.map((text) => {
    const [, batch, sequence] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? []
    if (batch === undefined) throw new Error(`--shapes: '${text}' is not BATCHxSEQUENCE, such as 8x128`)
    const { title, longest } = sizes[size]
    if (Number(sequence) > longest) {
      throw new Error(`--shapes: ${text} is longer than ${title} accepts: ${longest} tokens`)
    }
    return { id: text, batch: Number(batch), sequence: Number(sequence) }
  })
  return shapes.sort((a, b) => a.batch * a.sequence - b.batch * b.sequence)
}

/** Batch 1, 8 and 32 with 32, 128 and 512 tokens, as far as the model accepts them. */
export function allShapes(size) {
  const sequences = [32, 128, 512].filter((sequence) => sequence <= sizes[size].longest)
  const texts = [1, 8, 32].flatMap((batch) => sequences.map((sequence) => `${batch}x${sequence}`))
  return parseShapes(texts, size)
}

/**
 * Token ids and a mask. All rows but the first end in padding, an eighth, a quarter or three eighths of their length:
 * torch skips a mask that masks nothing, and a service's masks do mask.
 * @param {Shape} shape
 */
export function tokensAndMask({ batch, sequence }, vocabulary) {
  const [ids, mask] = [new BigInt64Array(batch * sequence), new BigInt64Array(batch * sequence)]
  const random = randomNumbers(1)
  for (let row = 0; row < batch; row++) {
    const length = sequence - Math.floor((sequence * (row % 4)) / 8)
    for (let i = row * sequence; i < row * sequence + length; i++) {
      ids[i] = BigInt(1 + Math.floor(random() * (vocabulary - 1)))
      mask[i] = 1n
    }
  }
  return [ids, mask]
}

/**
 * Writes a shape's inputs into a folder. The outputs' shapes come from the metadata: a run of a large model takes long.
 * @param {Model} model
 * @param {Shape} shape
 */
export async function shapeTensors({ path, size }, shape, folder) {
  const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 }
  const session = await InferenceSession.create(path, /** @type {any} */ (options))
  const { inputMetadata, outputMetadata } = session
  await session.release()
  if (
    inputMetadata.length !== 2 ||
    inputMetadata.some(({ type, shape: dims }) => type !== 'int64' || dims.length !== 2)
  ) {
    throw new Error(
      `${path}: expected two inputs of int64 [batch, sequence], token ids and a mask, as export_bert.py makes them`,
    )
  }
  const dims = [shape.batch, shape.sequence]
  const freeDimensionOverrides = symbolSizes(inputMetadata, [dims, dims])
  const data = tokensAndMask(shape, sizes[size].vocabulary)
  const inputs = inputMetadata.map(({ name, type }, i) =>
    writeInput({ name, type, dims, data: data[i] }, folder, `${shape.id}-${i}`),
  )
  const outputs = outputMetadata.map(({ name, type, shape: given }) => {
    const resolved = given.map((dim) => (typeof dim === 'number' ? dim : freeDimensionOverrides[dim]))
    if (resolved.includes(undefined)) {
      throw new Error(
        `${path}: the inputs do not determine the size of output '${name}' [${given.join(', ')}]`,
      )
    }
    return boundTensor(name, type, resolved)
  })
  return { inputs, outputs, freeDimensionOverrides }
}
