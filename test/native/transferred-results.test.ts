import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, it } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { ENDLESS, slowBinding, slowFeeds, slowSession } from './fixtures/slow.mjs'

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')
const SIZE = 96 * 96

it('memory of a result that was transferred and freed during the run is free for others', async () => {
  await using session = await slowSession({ inlineRunBelowUs: 0 })
  const controller = new AbortController()
  const endless = slowBinding(session, ENDLESS).run({ signal: controller.signal })
  const data = new Float32Array(SIZE)
  const [name] = session.outputNames
  const running = session.run(slowFeeds(1n), { [name!]: new Tensor('float32', data, [96, 96]) })
  structuredClone(data.buffer, { transfer: [data.buffer] })
  gc()
  // Some have the address that was freed.
  const others = Array.from({ length: 500 }, () => OrtValue.wrap('float32', new Float32Array(SIZE), [96, 96]))
  try {
    for (const other of others) other.write(new Float32Array(SIZE).fill(1))
  } finally {
    controller.abort()
  }
  await expect(endless).rejects.toMatchObject({ name: 'AbortError' })
  await expectError(() => running, 'ERR_DETACHED')
  for (const other of others) expect(other.read()).toEqual(new Float32Array(SIZE).fill(1))
})
