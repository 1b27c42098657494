import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isNative } from '../helpers/engine'
import { identity, mlp, model, node, tensor, value } from '../helpers/model-builder.mjs'

const folder = mkdtempSync(join(tmpdir(), 'iobinding-borrowed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Fills memory that was freed before, host memory of the addon's and V8's. */
function scribble(): unknown[] {
  const blocks = Array.from({ length: 64 }, () => OrtValue.allocate('float32', [4096]))
  for (const block of blocks) (block.data as Float32Array).fill(-1)
  for (const block of blocks) block.dispose()
  return Array.from({ length: 64 }, () => new Float32Array(4096).fill(-2))
}

async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await new Promise(setImmediate)
    globalThis.gc?.()
  }
}

describe('a model whose bytes ONNX Runtime borrows', () => {
  const path = join(folder, 'model.ort')
  const extra = {
    'session.use_ort_model_bytes_directly': '1',
    'session.use_ort_model_bytes_for_initializers': '1',
  }
  const x = new Tensor('float32', new Float32Array(128).fill(1), [1, 128])

  beforeAll(async () => {
    const options = { optimizedModelFilePath: path, extra: { 'session.save_model_format': 'ORT' } }
    await (await InferenceSession.create(mlp(), options)).release()
  })

  test.each([
    ['copied', {}],
    ['transferred', { transfer: true }],
  ])('keeps its bytes, %s, until the session ends', async (_, options) => {
    await using reference = await InferenceSession.create(mlp())
    const { y: expected } = await reference.run({ x })
    const bytes = new Uint8Array(new Uint8Array(readFileSync(path)).buffer)
    await using session = await InferenceSession.create(bytes, { extra, ...options })
    for (let i = 0; i < 3; i++) {
      await collect()
      scribble()
      const { y } = await session.run({ x })
      expect(y!.data).toEqual(expected!.data)
    }
  })

  test('keeps them for a binding that outlives its session object', async () => {
    const io = await (async () => {
      const bytes = new Uint8Array(readFileSync(path))
      return (await InferenceSession.create(bytes, { extra })).createIoBinding({ x: [1, 128] })
    })()
    io.inputs.x!.fill(1 as never)
    await io.run()
    const expected = (io.outputs.y as Float32Array).slice()
    await collect()
    scribble()
    await io.run()
    expect(io.outputs.y).toEqual(expected)
  })
})

const SIZE = 1 << 19

/** y = x + x of many elements, in a run that takes a while. */
const slow = () => {
  return model({
    inputs: [value('x', 'float32', [SIZE])],
    outputs: [value('y', 'float32', [SIZE])],
    nodes: [
      ...Array.from({ length: 8 }, (_, i) => node('Add', [i ? `t${i}` : 'x', 'zero'], [`t${i + 1}`])),
      node('Add', ['t8', 'x'], ['y']),
    ],
    initializers: [tensor('zero', 'float32', [1], [0])],
  })
}

/** That all elements are one number; vitest compares them one by one, slowly. */
function expectAll(data: unknown, number: number): void {
  expect(data).toHaveLength(SIZE)
  expect((data as Float32Array).every((one) => one === number)).toBe(true)
}

/** Views of an owner's memory, each as a caller can get one. */
const views: [string, (data: Float32Array) => Float32Array][] = [
  ['a subarray', (data) => data.subarray(0, SIZE)],
  ['a view of a DataView of it', (data) => new Float32Array(new DataView(data.buffer).buffer, 0, SIZE)],
  [
    'a view of a Buffer of it',
    (data) => {
      const { buffer, byteOffset } = Buffer.from(data.buffer)
      return new Float32Array(buffer, byteOffset, SIZE)
    },
  ],
  ['a part in its middle', (data) => new Float32Array(data.buffer, 256, SIZE)],
]

describe('a wrap over memory of an OrtValue', () => {
  test.each(views)('keeps it for a run as an input: %s', async (_, view) => {
    await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
    const owner = OrtValue.allocate('float32', [SIZE + 64])
    owner.data.fill(3)
    const io = session.createIoBinding({ x: OrtValue.wrap('float32', view(owner.data), [SIZE]) })
    const pending = io.run()
    owner.dispose()
    scribble()
    await pending
    expectAll(io.outputs.y, 6)
  })

  test.each(views)('keeps it for a run as an output: %s', async (_, view) => {
    await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
    const owner = OrtValue.allocate('float32', [SIZE + 64])
    const y = OrtValue.wrap('float32', view(owner.data), [SIZE])
    const io = session.createIoBinding({ x: [SIZE] }, { outputs: { y } })
    const pending = io.run()
    owner.dispose()
    const others = Array.from({ length: 8 }, () => OrtValue.allocate('float32', [SIZE + 64]))
    await pending
    for (const other of others) expect(other.data.every((one) => one === 0)).toBe(true)
  })

  test('keeps the memory of a binding that is disposed of', async () => {
    await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
    const first = session.createIoBinding({ x: [SIZE] })
    ;(first.inputs.x as Float32Array).fill(2)
    await first.run()
    const y = first.outputs.y as Float32Array
    const next = session.createIoBinding({ x: OrtValue.wrap('float32', y, [SIZE]) })
    const pending = next.run()
    first.dispose()
    scribble()
    await pending
    expectAll(next.outputs.y, 8)
  })

  test('keeps the memory of a dynamic output', async () => {
    await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
    const maker = session.createIoBinding({ x: [SIZE] }, { outputs: { y: 'dynamic' } })
    ;(maker.inputs.x as Float32Array).fill(2)
    await maker.run()
    const made = maker.outputValue('y')! as OrtValue<'float32'>
    const next = session.createIoBinding({
      x: OrtValue.wrap('float32', made.data.subarray(0), [SIZE]),
    })
    const pending = next.run()
    made.dispose()
    maker.dispose()
    scribble()
    await pending
    expectAll(next.outputs.y, 8)
  })

  test.runIf(isNative)('is refused by the next run', async () => {
    await using session = await InferenceSession.create(identity('float32', [4]))
    const owner = OrtValue.allocate('float32', [8])
    const x = OrtValue.wrap('float32', owner.data.subarray(0, 4), [4])
    const io = session.createIoBinding({ x })
    await io.run()
    owner.dispose()
    await expect(io.run()).rejects.toMatchObject({ code: 'ERR_DETACHED' })
  })

  test('keeps it through another wrap', async () => {
    await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
    const owner = OrtValue.allocate('float32', [SIZE])
    owner.data.fill(5)
    const first = OrtValue.wrap('float32', owner.data, [SIZE])
    const second = OrtValue.wrap('float32', first.data.subarray(0), [SIZE])
    const io = session.createIoBinding({ x: second })
    const pending = io.run()
    first.dispose()
    owner.dispose()
    scribble()
    await pending
    expectAll(io.outputs.y, 10)
  })
})

test('a feed of session.run can be memory that is disposed of during the run', async () => {
  await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
  const owner = OrtValue.allocate('float32', [SIZE])
  owner.data.fill(3)
  const pending = session.run({ x: new Tensor('float32', owner.data, [SIZE]) })
  owner.dispose()
  scribble()
  expectAll((await pending).y!.data, 6)
})

// Only newer releases of Node.js have it.
const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer) => ArrayBuffer }

test.runIf(isNative && transfer !== undefined)('a wrap over a buffer that was moved keeps it', async () => {
  await using session = await InferenceSession.create(slow(), { inlineRunBelowUs: 0 })
  const owner = OrtValue.allocate('float32', [SIZE])
  owner.data.fill(3)
  const moved = new Float32Array(transfer!.call(owner.data.buffer as ArrayBuffer))
  const io = session.createIoBinding({ x: OrtValue.wrap('float32', moved, [SIZE]) })
  const pending = io.run()
  owner.dispose()
  scribble()
  await pending
  expectAll(io.outputs.y, 6)
})
