// Runs a model by each package of the arguments, in their order, and prints which version of ONNX Runtime has run it, or the error.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [model, ...names] = process.argv.slice(2)

async function run(name) {
  const ort = require(name)
  if (ort.InferenceSession === undefined) return name
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 })
  const feed = () => new ort.Tensor('int64', new BigInt64Array(4).fill(7n), [1, 4])
  const { output_0 } = await session.run({ input_0: feed(), input_1: feed() })
  return output_0.data.length === 2 ? 'ran' : 'wrong'
}

const results = []
for (const name of names) {
  try {
    results.push(await run(name))
  } catch ({ message }) {
    results.push(/version `VERS_[\d.]+' not found/.exec(message) === null ? message : 'not loaded')
  }
}
const open = process.report.getReport().sharedObjects.filter((path) => /libonnxruntime/.test(path))
const version = (path) => /onnxruntime-node-([\d.]+)/.exec(path)?.[1] ?? 'installed'
console.log(`\n${JSON.stringify({ results, libraries: [...new Set(open.map(version))].sort() })}`)
