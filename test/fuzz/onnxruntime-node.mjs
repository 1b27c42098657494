// Loads and runs a model with onnxruntime-node alone: node onnxruntime-node.mjs FILE. How it ends tells whose a crash is:
// by OUT_OF_MEMORY where the model takes all memory.
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { OUT_OF_MEMORY } from './fuzz.mjs'
import { smallShapes } from './values.mjs'

const [path] = process.argv.slice(2)
const session = await InferenceSession.create(path, { logSeverityLevel: 4 }).catch(onError)
const shapes = session && smallShapes(session.inputMetadata)
if (shapes !== undefined) {
  const types = new Map(session.inputMetadata.map(({ name, type }) => [name, type]))
  try {
    const feeds = Object.fromEntries(shapes.map(([name, dims]) => [name, zeros(types.get(name), dims)]))
    for (let i = 0; i < 3; i++) await session.run(feeds)
  } catch (error) {
    onError(error)
  }
}

/** An error is not a crash. */
function onError({ message }) {
  if (/bad_alloc|bad allocation/.test(message)) process.exitCode = OUT_OF_MEMORY
  return undefined
}

function zeros(type, dims) {
  const length = dims.reduce((product, dim) => product * dim, 1)
  if (type === 'string') return new Tensor('string', new Array(length).fill(''), dims)
  const { data } = new Tensor(type, [], [0])
  return new Tensor(type, new data.constructor(length), dims)
}
