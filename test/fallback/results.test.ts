import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { oneNode } from '../helpers/model-builder.mjs'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

test('a session keeps no results of its runs', async () => {
  await using session = await InferenceSession.create(oneNode())
  const run = async () => {
    const { y } = await session.run({ x: new Tensor('float32', [1], [1]) })
    return new WeakRef((y!.data as Float32Array).buffer)
  }
  const results: WeakRef<object>[] = []
  for (let i = 0; i < 20; ++i) results.push(await run())
  await new Promise(setImmediate)
  collectGarbage()
  // V8's registers may hold the last one.
  expect(results.filter((result) => result.deref() !== undefined).length).toBeLessThanOrEqual(1)
})
