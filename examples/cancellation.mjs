// Cancels runs: by a deadline, by a client that disconnects while its run is queued, and by either of the two.
//
//   node examples/cancellation.mjs
import { InferenceSession } from 'onnxruntime-iobinding'
import { model } from './language.mjs'

// ONNX Runtime treats a canceled run as an error and would print it. Level 4 prints fatal errors only.
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 })
// A large batch, so that a run takes long enough to be canceled.
const shapes = { input_0: [1024, 512], input_1: [1024, 512] }
const [io, other] = [session.createIoBinding(shapes), session.createIoBinding(shapes)]
for (const { inputs } of [io, other]) {
  inputs.input_0.fill(7n)
  inputs.input_1.fill(1n)
}
await io.run()
const expected = Float32Array.from(io.outputs.output_0)

// [deadline]
try {
  await io.run({ signal: AbortSignal.timeout(5) })
} catch (error) {
  console.log(`deadline: ${error.name}`) // rejects when the run has ended, at its next node
}
// [queued]
const client = new AbortController()
const first = io.run()
const queued = other.run({ signal: client.signal }) // a session runs one binding at a time
client.abort(new Error('the client disconnected'))
const order = []
await Promise.all([
  first.then(() => order.push('the run before it: completed')),
  queued.catch(({ message }) => order.push(`queued: ${message}`)), // rejects at once
])
console.log(order.join('\n'))
// [both]
const request = new AbortController()
const pending = io.run({ signal: AbortSignal.any([request.signal, AbortSignal.timeout(60_000)]) })
request.abort()
await pending.catch((error) => console.log(`either: ${error.name}`))
// [end]

await io.run() // the binding stays usable after a canceled run
const same = expected.every((value, i) => value === io.outputs.output_0[i])
console.log(`afterwards: ${same ? 'the same results' : 'OTHER RESULTS'}`)
await session.release()
