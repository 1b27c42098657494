// float16 as the page on element types shows it: numbers by @petamoriken/float16, where V8 has no Float16Array too.
import { Float16Array } from '@petamoriken/float16'
import { Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { identity } from '../helpers/model-builder.mjs'

/** Each is a float16: its ends, the smallest normal and subnormal, and NaN. */
const numbers = [0, -0, 1, -0.5, 65504, -65504, 2 ** -14, 2 ** -24, Infinity, -Infinity, NaN, 1 + 2 ** -10]

const over = ({
  buffer,
  byteOffset,
  length,
}: {
  buffer: ArrayBufferLike
  byteOffset: number
  length: number
}) => new Float16Array(buffer as ArrayBuffer, byteOffset, length)

test.each(runForms)('numbers go through bound memory, by %s', async (_form, run) => {
  await using session = await createSession(identity('float16', ['n']))
  using io = session.createIoBinding({ x: [numbers.length] })
  const [x, y] = [over(io.inputs.x), over(io.outputs.y)]
  for (const sign of [1, -1]) {
    const expected = numbers.map((number) => sign * number)
    x.set(expected)
    await run(io)
    expect(Array.from(y)).toEqual(expected)
  }
})

test('numbers round to the nearest, and overflow', async () => {
  await using session = await createSession(identity('float16', ['n']))
  using io = session.createIoBinding({ x: [4] })
  over(io.inputs.x).set([1 / 3, 65519, 65520, 2 ** -25])
  await io.run()
  expect(Array.from(over(io.outputs.y))).toEqual([0.333251953125, 65504, Infinity, 0])
})

test('a Tensor takes the bits', async () => {
  await using session = await createSession(identity('float16', ['n']))
  const halves = Float16Array.from(numbers)
  const { y } = await session.run({
    x: new Tensor('float16', new Uint16Array(halves.buffer), [numbers.length]),
  })
  expect(Array.from(over(y!.data as Uint16Array))).toEqual(numbers)
})
