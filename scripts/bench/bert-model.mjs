// The model of the BERT benchmark for ONNX Runtime and for torch, and what each contender is given of a shape.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { InferenceSession } from '../../dist/index.mjs'
import { elementTypes } from '../../test/helpers/tensors.mjs'
import { root, run } from '../run.mjs'
import { findPython } from './python.mjs'

/** Where scripts/export makes it, once. */
const FOLDER = join(root, 'build', 'bert')
const EXPORT = join(root, 'scripts', 'export', 'export_bert.py')

/** `longest`: the most tokens of a row */
export const sizes = {
  base: { title: 'BERT-base (12 layers, hidden 768)', vocabulary: 28996, longest: 512 },
  tiny: { title: 'Tiny BERT (2 layers, hidden 64)', vocabulary: 1000, longest: 128 },
}

/**
 * @typedef {{ size: 'base' | 'tiny', precision: 'fp32' | 'fp16', path: string, torch?: string }} Model
 *   `torch`: the same as a module, saved by torch.save
 * @typedef {{ id: string, batch: number, sequence: number }} Shape
 */

/**
 * The exporter whose graph is made for a device. On the CPU PyTorch's default, of which ONNX Runtime fuses more. On CUDA the
 * legacy one: the other makes a GatherND of bool of BERT's mask, which ONNX Runtime has no kernel for there.
 */
const EXPORTERS = { cpu: 'dynamo', cuda: 'legacy' }

/**
 * The model's files: those that are named, or those of build/bert, which are made where Python has what that takes.
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
    if (file && !existsSync(file)) throw new Error(`there is no ${file}: --model and --torch name files`)
  }
  return { size, precision, path: resolve(files.path), ...(files.torch && { torch: resolve(files.torch) }) }
}

function makeModel({ path, torch }, python, args) {
  const { found, missing } = findPython(python)
  const expected = `no --model FILE was given, ${relative(root, path)} is not there, and`
  const remedy =
    'Give --model FILE (and --torch FILE for its contenders), or --python PATH of one with what scripts/export/requirements.txt lists'
  if (!found?.torch)
    throw new Error(`${expected} cannot be made: ${missing ?? `${python} has no torch`}. ${remedy}`)
  mkdirSync(FOLDER, { recursive: true })
  if (run(python, [EXPORT, ...args, '--out', path, '--torch', torch])) return
  throw new Error(`${expected} ${relative(root, EXPORT)} failed (above). ${remedy}`)
}

/** What tells the contents of some files from others. */
export async function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex').slice(0, 16)
}

/** What tells one model from another in a file of results. */
export async function identify({ size, path, torch }) {
  return {
    title: sizes[size].title,
    file: basename(path),
    sha256: await hashOf([path]),
    torch: Boolean(torch),
  }
}

/**
 * @param {string[]} texts such as `8x128`
 * @param {'base' | 'tiny'} size
 * @returns {Shape[]} the smallest first
 */
export function shapesOf(texts, size) {
  const shapes = texts.map((text) => {
    const [, batch, sequence] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? []
    if (batch === undefined) throw new Error(`--shapes: '${text}' is no BATCHxSEQUENCE such as 8x128`)
    const { title, longest } = sizes[size]
    if (Number(sequence) > longest)
      throw new Error(`--shapes: ${text} is longer than ${title} takes: ${longest} tokens`)
    return { id: text, batch: Number(batch), sequence: Number(sequence) }
  })
  return shapes.sort((a, b) => a.batch * a.sequence - b.batch * b.sequence)
}

/** Batch 1, 8 and 32 with 32, 128 and 512 tokens, as far as the model takes them. */
export function allShapes(size) {
  const sequences = [32, 128, 512].filter((sequence) => sequence <= sizes[size].longest)
  return shapesOf(
    [1, 8, 32].flatMap((batch) => sequences.map((sequence) => `${batch}x${sequence}`)),
    size,
  )
}

/**
 * Token ids, and a mask: rows but the first end in padding, an eighth of their length, a quarter, three eighths. So
 * torch, which leaves out a mask that masks nothing, does what it would do in a service.
 * @param {Shape} shape
 */
export function inputsOf({ batch, sequence }, vocabulary) {
  const [ids, mask] = [new BigInt64Array(batch * sequence), new BigInt64Array(batch * sequence)]
  let state = 1
  for (let row = 0; row < batch; row++) {
    const length = sequence - Math.floor((sequence * (row % 4)) / 8)
    for (let i = row * sequence; i < row * sequence + length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      ids[i] = BigInt(1 + Math.floor((state / 2 ** 32) * (vocabulary - 1)))
      mask[i] = 1n
    }
  }
  return [ids, mask]
}

/**
 * Writes a shape's inputs into a folder. The outputs' shapes are the metadata's: to run a large model for them takes long.
 * @param {Model} model
 * @param {Shape} shape
 * @param {string} folder
 * @returns {Promise<{ inputs: import('./models.mjs').Port[], outputs: import('./models.mjs').Port[], symbols: Record<string, number> }>}
 */
export async function portsOf({ path, size }, shape, folder) {
  const session = await InferenceSession.create(path, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  })
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
  const known = new Map(
    inputMetadata.flatMap((input) =>
      input.shape.map((dim, axis) => [dim, dims[axis]]).filter(([dim]) => typeof dim === 'string'),
    ),
  )
  const port = (name, type, sizes) => ({ name, type, code: elementTypes[type].code, dims: sizes })
  const data = inputsOf(shape, sizes[size].vocabulary)
  const inputs = inputMetadata.map(({ name, type }, i) => {
    const file = join(folder, `${shape.id}-${i}.bin`)
    writeFileSync(file, data[i])
    return { ...port(name, type, dims), file }
  })
  const outputs = outputMetadata.map(({ name, type, shape: given }) => {
    const resolved = given.map((dim) => (typeof dim === 'number' ? dim : known.get(dim)))
    if (resolved.includes(undefined))
      throw new Error(
        `${path}: output '${name}' is [${given.join(', ')}]: its size is not told by the inputs'`,
      )
    return port(name, type, resolved)
  })
  return { inputs, outputs, symbols: Object.fromEntries(known) }
}
