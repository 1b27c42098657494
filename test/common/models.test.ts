import { type InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelCases, tolerance } from '../helpers/cases.mjs'
import { createSession, deviceName, modelOnDevice, onDevice } from '../helpers/device.ts'
import { engineName, runForms } from '../helpers/engine.ts'
import { loadCase } from '../helpers/test-data.mjs'
import { expectTensor, onlyTensors, toTensor } from '../helpers/values.ts'

const cases = modelCases()
if (cases.every(({ bundled }) => bundled)) {
  describe.skip('models that are not bundled: ../shared/models does not exist, and ONNX_MODELS_DIR is not set', () => {
    test('every case', () => {})
  })
}

for (const { id } of cases) {
  const { skip } = modelOnDevice(id)
  if (skip === undefined) continue
  console.log(`SKIPPED on ${deviceName}: ${id}: ${skip}`)
  describe.skip(`${id} (skipped on ${deviceName}: ${skip})`, () => test('runs', () => {}))
}

// Again and again: a run may take another way than the one before.
const AGAIN = onDevice ? 2 : 4

describe.each(cases.filter(({ id }) => !modelOnDevice(id).skip))('$id', ({ id, dir, manifest }) => {
  const { modelPath, dataSets: values } = loadCase(dir)
  const dataSets = values.map(({ inputs, outputs }) => ({
    inputs: onlyTensors(inputs),
    outputs: onlyTensors(outputs),
  }))
  let session: InferenceSession

  beforeAll(async () => {
    // Without the warnings about caches that are not updated in place, which recurrent.test.ts does.
    session = await createSession(modelPath, { ...modelOnDevice(id).options, logSeverityLevel: 3 })
  })
  afterAll(() => session.release())

  test('has the data sets of its manifest, and runs on this engine and device', () => {
    expect(dataSets).toHaveLength(manifest.test_data_sets)
    expect(session.engine).toBe(engineName)
    expect(session.device.name).toBe(deviceName ?? 'cpu')
  })

  test('gives the expected outputs in session.run', async () => {
    for (const { inputs, outputs } of dataSets) {
      const results = await session.run(
        Object.fromEntries(inputs.map((input) => [input.name, toTensor(input)])),
      )
      expect(Object.keys(results)).toEqual(session.outputNames)
      for (const output of outputs) expectTensor(results[output.name], output, tolerance(id))
    }
  })

  test.each(runForms)('gives the expected outputs in a binding, by %s', async (_form, run) => {
    for (const { inputs, outputs } of dataSets) {
      const shapes = Object.fromEntries(inputs.map(({ name, dims }) => [name, dims]))
      using binding = session.createIoBinding(shapes)
      for (const input of inputs) writeInput(binding, input)
      for (let i = 0; i < AGAIN; ++i) {
        await run(binding)
        for (const output of outputs) expectTensor(binding.outputValue(output.name), output, tolerance(id))
      }
    }
  })

  test("gives the expected outputs in a binding in Python's form", async () => {
    using binding = session.ioBinding()
    for (const name of session.outputNames) binding.bindOutput(name)
    for (const { inputs, outputs } of dataSets) {
      inputs.forEach((input, i) => {
        if (i % 2 === 0) binding.bindOrtValueInput(input.name, OrtValue.fromTensor(toTensor(input)))
        else binding.bindCpuInput(input.name, toTensor(input))
      })
      await session.runWithIoBinding(binding)
      const results = binding.copyOutputsToCpu()
      outputs.forEach((output, i) => {
        expectTensor(results[i], output, tolerance(id))
      })
    }
  })
})

function writeInput(binding: IoBinding, input: Parameters<typeof toTensor>[0] & { name: string }): void {
  if (input.type === 'string') binding.inputValue(input.name)!.write(input.data)
  // The tensor's data, because float16 is a Float16Array where the JavaScript engine has one.
  else binding.inputs[input.name]!.set(toTensor(input).data as never)
}
