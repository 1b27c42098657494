// `env.trace` of onnxruntime-common, which prints the time of each call.
import { env, InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sessionOptions } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { twoInputs } from '../helpers/model-builder.mjs'

const { time, timeEnd, timeStamp } = console
let calls: string[] = []
beforeEach(() => {
  calls = []
  const record = (name: string) => (label?: string) => void calls.push(`${name} ${label}`)
  console.time = record('time')
  console.timeEnd = record('timeEnd')
  console.timeStamp = record('timeStamp')
})
afterEach(() => {
  Object.assign(console, { time, timeEnd, timeStamp })
  env.trace = undefined as never
  env.wasm.trace = undefined as never
})

const traced = (name: string) => [
  `timeStamp CPU::ORT::FUNC_BEGIN::InferenceSession.${name}`,
  `time ORT::InferenceSession.${name}`,
  `timeEnd ORT::InferenceSession.${name}`,
  `timeStamp CPU::ORT::FUNC_END::InferenceSession.${name}`,
]
const feed = () => new Tensor('float32', [1, 2], [2])

async function createAndRun() {
  const session = await InferenceSession.create(twoInputs(), sessionOptions)
  const { sum } = await session.run({ a: feed(), b: feed() })
  expect(sum?.data).toEqual(Float32Array.of(2, 4))
  return session
}

test('without it nothing is traced', async () => {
  await (await createAndRun()).release()
  expect(calls).toEqual([])
})

test.each(['trace', 'wasm.trace'])('env.%s traces sessions and runs', async (name) => {
  if (name === 'trace') env.trace = true
  else env.wasm.trace = true
  await (await createAndRun()).release()
  expect(calls).toEqual([...traced('create'), ...traced('run')])
})

test('a call that fails ends its trace', async () => {
  const session = await createAndRun()
  env.trace = true
  await expectError(() => session.run({}), 'ERR_MISSING_INPUT')
  // onnxruntime-common is not called.
  expect(calls).toEqual(isNative ? traced('run') : [])
  await session.release()
})

test('env.trace = false counts before env.wasm.trace', async () => {
  env.trace = false
  env.wasm.trace = true
  await (await createAndRun()).release()
  expect(calls).toEqual([])
})
