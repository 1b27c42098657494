// Runs a model by session.run, runSync and run; returns the engine and the results.
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'

export async function work(model: string): Promise<[string, number[][]]> {
  const session = await InferenceSession.create(model)
  const feed = () => new Tensor('int64', new BigInt64Array(4).fill(7n), [1, 4])
  const { output_0 } = await session.run({ input_0: feed(), input_1: feed() })
  const io = session.createIoBinding({ input_0: [1, 4], input_1: [1, 4] })
  for (const name of ['input_0', 'input_1'] as const) io.inputs[name].fill(7n)
  io.runSync()
  const results = [output_0.data, io.outputs.output_0.slice()]
  io.outputs.output_0.fill(0)
  await io.run()
  results.push(io.outputs.output_0.slice())
  await session.release()
  return [session.engine, results.map((data) => Array.from(data as Float32Array))]
}
