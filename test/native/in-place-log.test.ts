// A binding that copies after each run says so. The log belongs to the process, so this file has one of its own.
import { InferenceSession, initialize, type LogRecord, OrtValue } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { counter, twoInputs } from '../helpers/model-builder.mjs'

const records: LogRecord[] = []
initialize({ logLevel: 'info', onLog: (record) => records.push(record) })

/** Messages arrive on later turns of the event loop. */
async function logged(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  const own = records.splice(0).filter(({ category }) => category === 'onnxruntime-iobinding')
  return own.map(({ level, category, message }) => `${level} ${category} ${message}`)
}

test('a binding that copies says so once, with its bytes', async () => {
  await using session = await InferenceSession.create(counter())
  using state = OrtValue.allocate('float32', [1])
  using io = session.createIoBinding({ state }, { outputs: { new_state: state } })
  expect(await logged()).toEqual([])
  for (let i = 0; i < 3; ++i) io.runSync()
  io.bindOrtValueOutput('new_state', state)
  io.runSync()
  expect(await logged()).toEqual([
    expect.stringMatching(
      /^info onnxruntime-iobinding a binding copies 4 bytes after each run: .*inPlace: 'alias'/,
    ),
  ])
  expect([...state.data]).toEqual([4])
})

test("a binding that copies nothing says nothing: values apart, and inPlace 'alias'", async () => {
  await using session = await InferenceSession.create(counter())
  using state = OrtValue.allocate('float32', [1])
  using aliased = session.createIoBinding({ state }, { outputs: { new_state: state }, inPlace: 'alias' })
  aliased.runSync()
  using apart = session.createIoBinding({ state })
  apart.runSync()
  await using other = await InferenceSession.create(twoInputs())
  using io = other.createIoBinding({ a: [2], b: [2] })
  io.runSync()
  expect(await logged()).toEqual([])
})
