// A session's own receiver of its messages, and the log's level at run time. The log belongs to the process.
import {
  buildInfo,
  env,
  InferenceSession,
  initialize,
  type LogRecord,
  type SessionOptions,
} from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'

const process_: LogRecord[] = []
initialize({ logLevel: 'warning', onLog: (record) => process_.push(record) })

const turn = () => new Promise((resolve) => setTimeout(resolve, 50))

test("a session's onLog receives its messages in place of the process's", async () => {
  const own: LogRecord[] = []
  const onLog = (record: LogRecord) => own.push(record)
  const options: SessionOptions = { onLog, logSeverityLevel: 0, logId: 'loud' }
  const loud = await InferenceSession.create(oneNode(), options)
  await loud.run({ x: loud.createIoBinding().inputValue('x')!.toTensor() })
  await using quiet = await InferenceSession.create(oneNode(), { onLog })
  using io = quiet.createIoBinding()
  io.runSync()
  await loud.release()
  await turn()
  expect(own.length).toBeGreaterThan(5)
  expect(
    own.every(({ level, location, message }) => level !== undefined && location !== '' && message !== ''),
  ).toBe(true)
  expect(process_.filter(({ logId }) => logId.includes('loud'))).toEqual([])
  await expectError(
    () => InferenceSession.create(oneNode(), { onLog: 'stderr' as never }),
    'ERR_INVALID_ARG_TYPE',
    {
      says: 'onLog',
    },
  )
})

test('env.logLevel is followed at run time', async () => {
  const messages = async () => {
    process_.length = 0
    await (await InferenceSession.create(oneNode())).release()
    await turn()
    return process_.length
  }
  expect(await messages()).toBe(0)
  env.logLevel = 'verbose'
  expect(await messages()).toBeGreaterThan(5)
  env.logLevel = 'warning'
  expect(await messages()).toBe(0)
})

test('profilingStartTime is when the session began to profile', async () => {
  await using session = await InferenceSession.create(oneNode())
  expect(typeof session.profilingStartTime).toBe('bigint')
})

test('buildInfo describes the library', () => {
  expect(buildInfo()).toContain('ORT Build Info')
})
