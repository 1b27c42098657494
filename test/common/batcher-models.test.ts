// Rows of real models, alone and in batches of every size: bit for bit, or as close as the table says.
import type { BatcherOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { modelCases, tolerance } from '../helpers/cases.mjs'
import { createSession, modelOnDevice, onDevice } from '../helpers/device.ts'
import type { TensorValue } from '../helpers/tensors.mjs'
import { loadCase } from '../helpers/test-data.mjs'
import { onlyTensors, toTensor } from '../helpers/values.ts'

interface Batched {
  readonly batchAxes?: NonNullable<BatcherOptions['batchAxes']>
  /** The difference that a row may have in a batch, on the CPU. */
  readonly within?: number
  /** Seconds for each run: TEST_BATCH_FACTOR makes its batches as large as those of the others. */
  readonly slow?: boolean
}

/** How models are batched. The others have the batch at axis 0 of all inputs and outputs, and give the same bits. */
const MODELS: Readonly<Record<string, Batched>> = {
  silero_v6: { batchAxes: { state: 1, sr: null, stateN: 1 } },
  // ONNX Runtime's kernels sum in another order in some batches: off by up to 9e-8, 1.8e-6 and 3e-9.
  basic_pitch: { within: 1e-6, slow: true },
  asr_nemo80: { within: 1e-5 },
  magika_v3: { within: 1e-6, slow: true },
  rapidocr_rec_v4: { slow: true },
}

const FACTOR = Number(process.env.TEST_BATCH_FACTOR ?? 1)

/** The rows of a data set: the slices of an axis. */
function slice({ type, dims, name, data }: TensorValue, axis: number, row: number): TensorValue {
  const count = dims[axis]!
  const length = axis === 0 ? data.length / count : data.length
  const at = axis === 0 ? (row % count) * length : 0
  return {
    kind: 'tensor',
    type,
    name,
    dims: dims.toSpliced(axis, 1),
    data: data.slice(at, at + length) as TensorValue['data'],
  }
}

/** Other data of the same shape: other ids, floats of another magnitude. What gives lengths or positions stays. */
function varied(input: TensorValue, row: number): TensorValue {
  const { type, name, data } = input
  if (/mask|len|^sr$|indices|position/.test(name) || type === 'string' || type === 'bool' || row === 0)
    return input
  const copy = data.slice() as TensorValue['data'] & { [i: number]: number | bigint }
  const largest = Number([...(data as Iterable<number>)].reduce((a, b) => (a > b ? a : b), 0 as never))
  for (let i = 0; i < copy.length; ++i) {
    const element = Number(data[i])
    if (type === 'float32') copy[i] = element * 2 ** ((row % 4) - 2)
    else if (type === 'int64') copy[i] = BigInt((element * (row + 1) + row * 13 + i * row) % (largest + 1))
    else if (type === 'int32') copy[i] = (element + row * 3) % (largest + 1)
  }
  return { ...input, data: copy }
}

const cases = modelCases().filter(({ id }) => modelOnDevice(id).skip === undefined)

describe.each(cases)('$id', ({ id, dir }) => {
  const { batchAxes = {}, within, slow = false } = MODELS[id] ?? {}
  const most = FACTOR > 1 ? 8 : slow ? 2 : 5
  const { modelPath, dataSets } = loadCase(dir)
  const inputs = onlyTensors(dataSets.at(-1)!.inputs)
  const batchAxis = (name: string) => (Object.hasOwn(batchAxes, name) ? batchAxes[name]! : 0)
  const rows = (row: number) =>
    inputs.map((input) => {
      const axis = batchAxis(input.name)
      return axis === null ? input : varied(slice(input, axis, row), row)
    })
  const shape = Object.fromEntries(rows(0).map(({ name, dims }) => [name, dims]))
  const samples = Array.from({ length: most }, (_, row) =>
    Object.fromEntries(rows(row).map((input) => [input.name, toTensor(input)])),
  )
  const open = () => createSession(modelPath, { ...modelOnDevice(id).options, logSeverityLevel: 4 })
  const exact = within === undefined && !onDevice
  const options: BatcherOptions = {
    batchAxes,
    samples,
    maxBatchSize: most,
    ...(!exact && { verify: { tolerance: within ?? tolerance(id).atol } }),
  }

  test(`gives rows ${exact ? 'the same bits' : 'nearly the same results'} in batches`, async () => {
    await using session = await open()
    await using batcher = await session.createBatcher(shape, options)
    const results = await Promise.all(samples.map((row) => batcher.run(row)))
    expect(results).toHaveLength(most)
    expect(batcher.stats.rows.succeeded).toBe(most)
  })
})
