// Options of bound runs in ONNX Runtime's log, which belongs to the process: this file has one of its own.
import { InferenceSession, initialize, type LogRecord } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { model, node, value } from '../helpers/model-builder.mjs'

const records: LogRecord[] = []
initialize({ logLevel: 'warning', onLog: (record) => records.push(record) })

/** A run fails, which ONNX Runtime logs, unless `shape` fits two elements. */
const reshape = () =>
  model({
    inputs: [value('x', 'float32', [2]), value('shape', 'int64', [1])],
    outputs: [value('y', 'float32', ['n'])],
    nodes: [node('Reshape', ['x', 'shape'], ['y'])],
  })

/** Ids of what was logged. Messages arrive on later turns of the event loop. */
async function logged(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  return records.splice(0).map(({ logId }) => logId)
}

test('tag and logSeverityLevel are those of the runs that they are given to', async () => {
  await using session = await InferenceSession.create(reshape())
  using io = session.createIoBinding({ x: [2], shape: [1] }, { outputs: { y: 'dynamic' } })
  io.inputs.shape[0] = 7n
  const prepared = session.prepareRunOptions({ tag: 'prepared-tag' })
  const silent = session.prepareRunOptions({ tag: 'silent-tag', logSeverityLevel: 4 })
  const fails = async (run: () => unknown) => {
    try {
      await run()
    } catch {
      return logged()
    }
    throw new Error('the run succeeded')
  }
  expect(String(await fails(() => io.runSync()))).not.toContain('tag')
  expect(await fails(() => io.runSync({ tag: 'given-tag' }))).toEqual([expect.stringContaining('given-tag')])
  expect(await fails(() => io.run(prepared))).toEqual([expect.stringContaining('prepared-tag')])
  expect(await fails(() => io.runSync(prepared))).toEqual([expect.stringContaining('prepared-tag')])
  expect(await fails(() => io.runSync(silent))).toEqual([])
  expect(await fails(() => io.run({ logSeverityLevel: 4 }))).toEqual([])
  expect(String(await fails(() => io.run()))).not.toContain('tag')
})
