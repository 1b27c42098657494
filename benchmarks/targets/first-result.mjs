// A process that ends with its first result: first-result.mjs TARGET MODEL. Prints the milliseconds since it was started, and those
// of CPU, as JSON.
import { createRequire } from 'node:module'

const [target, path] = process.argv.slice(2)
const PACKAGES = {
  'ort-node': 'onnxruntime-node',
  'session-run': '../../dist/index.js',
  'run-sync': '../../dist/index.js',
}

if (target !== 'node') {
  const { InferenceSession, Tensor } = createRequire(import.meta.url)(PACKAGES[target])
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 })
  if (target === 'run-sync') {
    const io = session.createIoBinding({ x: [1] })
    io.inputs.x[0] = 2
    io.runSync()
    if (io.outputs.y[0] !== 3) throw new Error('a wrong result')
  } else {
    const { y } = await session.run({ x: new Tensor('float32', [2], [1]) })
    if (y.data[0] !== 3) throw new Error('a wrong result')
  }
}
const wall = performance.now()
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ wall, cpu: (user + system) / 1000 }))
