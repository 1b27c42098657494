// Runs cases of ONNX's backend suite: node run-cases.mjs TARGET FILE, where FILE lists the folders of the cases as
// JSON. Prints a line of JSON for each, [folder, reason]; the reason is null where every data set passed.
import { readFileSync, writeSync } from 'node:fs'
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import ort from 'onnxruntime-node'
import { compareValues, loadCase } from '../helpers/test-data.mjs'

/** @typedef {import('../helpers/test-data.mjs').Value} Value */

const [target, file] = process.argv.slice(2)

/**
 * Each gives the outputs by name, of one run or more.
 * @type {Record<string, (session: any, inputs: Value[]) => Promise<Record<string, any>[]>>}
 */
const targets = {
  // The second run has a plan.
  async run(session, inputs) {
    const feeds = byName(inputs, toFeed)
    return [await session.run(feeds), await session.run(feeds)]
  },
  async binding(session, inputs) {
    const binding = session.ioBinding()
    for (const input of inputs) binding.bindOrtValueInput(input.name, toOrtValue(input))
    for (const name of session.outputNames) binding.bindOutput(name)
    await binding.run()
    const outputs = binding.getOutputs()
    return [Object.fromEntries(session.outputNames.map((name, i) => [name, outputs[i]]))]
  },
  'onnxruntime-node': async (session, inputs) => [await session.run(byName(inputs, toNodeFeed))],
}

/**
 * @param {Value[]} values
 * @param {(value: Value) => any} convert
 */
function byName(values, convert) {
  return Object.fromEntries(values.map((value) => [value.name, convert(value)]))
}

/** What onnxruntime-common has a Tensor for is fed as one. @param {Value} value */
function toFeed(value) {
  if (value.kind === 'tensor' && value.type !== 'bfloat16') return toTensor(Tensor, value)
  return toOrtValue(value)
}

/** @param {Value} value */
function toNodeFeed(value) {
  if (value.kind === 'optional' && value.value) return toNodeFeed(value.value)
  if (value.kind !== 'tensor') throw new Error(`onnxruntime-node has no values of kind ${value.kind}`)
  return toTensor(ort.Tensor, value)
}

/**
 * @param {any} Constructor
 * @param {import('../helpers/test-data.mjs').TensorValue} tensor
 */
function toTensor(Constructor, { type, data, dims }) {
  return new Constructor(type, data, dims)
}

/** A present optional is its content. @param {Value} value @returns {OrtValue} */
function toOrtValue(value) {
  if (value.kind === 'sequence') return OrtValue.sequence(value.elements.map(toOrtValue))
  if (value.kind === 'optional') {
    if (!value.value) throw new Error('the C API cannot make an empty optional')
    return toOrtValue(value.value)
  }
  const ortValue = OrtValue.allocate(/** @type {any} */ (value.type), value.dims)
  ortValue.write(/** @type {any} */ (value.data))
  return ortValue
}

/**
 * A result, as the test data have it.
 * @param {any} result a Tensor or an OrtValue
 * @param {Value} expected
 * @returns {any}
 */
function fromResult(result, expected) {
  const { kind = 'tensor' } = result
  if (expected.kind === 'optional') {
    const content = expected.value ?? expected
    return { kind: 'optional', value: kind === 'optional' ? null : fromResult(result, content) }
  }
  if (kind === 'tensor') {
    return { kind, type: result.type, dims: result.dims, data: result.read?.() ?? result.data }
  }
  const elements = expected.kind === 'sequence' ? expected.elements : []
  return { kind, elements: (result.elements?.() ?? []).map((element, i) => fromResult(element, elements[i])) }
}

/** @param {Value} expected */
function tolerance(expected) {
  const text = JSON.stringify(expected, (key, value) => (key === 'data' ? undefined : value))
  return /"b?float16"/.test(text) ? { rtol: 1e-2, atol: 1e-2 } : { rtol: 1e-3, atol: 1e-4 }
}

/**
 * The suite's files say uint16 where they hold bits of bfloat16: the model knows.
 * @param {Value[]} values
 * @param {readonly any[]} metadata
 * @returns {any[]}
 */
function asDeclared(values, metadata) {
  const declared = new Map(metadata.map(({ name, type }) => [name, type]))
  return values.map((value) =>
    declared.get(value.name) === 'bfloat16' ? { ...value, type: 'bfloat16' } : value,
  )
}

/** Options of sessions on the device that TEST_PROVIDERS names, as in test/helpers/device.ts. */
const providers = process.env.TEST_PROVIDERS?.split(',').filter((name) => name !== '') ?? []
const options = providers.length > 0 ? { executionProviders: providers, logSeverityLevel: 4 } : {}

/** @param {string} dir @returns {Promise<string | null>} why it fails */
async function runCase(dir) {
  const { modelPath, dataSets } = loadCase(dir)
  const open = target === 'onnxruntime-node' ? ort.InferenceSession : InferenceSession
  const session = await open.create(modelPath, options)
  try {
    for (const dataSet of dataSets) {
      const [inputs, outputs] = [
        asDeclared(dataSet.inputs, session.inputMetadata),
        asDeclared(dataSet.outputs, session.outputMetadata),
      ]
      for (const results of await targets[target](session, inputs)) {
        for (const expected of outputs) {
          const actual = fromResult(results[expected.name], expected)
          const mismatch = compareValues(actual, expected, tolerance(expected))
          if (mismatch) return `${expected.name}: ${mismatch}`
        }
      }
    }
    return null
  } finally {
    await session.release()
  }
}

for (const dir of JSON.parse(readFileSync(file, 'utf8'))) {
  const reason = await runCase(dir).catch((error) => String(error.message ?? error))
  // At once: should the next case abort the process, what this one gave is out.
  writeSync(1, `${JSON.stringify([dir, reason])}\n`)
}
