// Every model with expected outputs, by each form of a call.
import assert from 'node:assert/strict'
import { OrtValue } from '../../../dist/index.mjs'
import { expectedModels } from '../expected-models.mjs'
import { allocatedBy, compare, open, openCpu, toFeeds, toOrtValue, toShapes, toTensor } from '../session.mjs'

/** Checks outputs by name. Returns the largest difference. */
function check(outputs, actual, tolerance) {
  return Math.max(...outputs.map((output) => compare(actual(output.name), output, tolerance)))
}

async function forEachSet(dataSets, run) {
  const largest = []
  for (const dataSet of dataSets) largest.push(await run(dataSet))
  return { largestDifference: Math.max(...largest) }
}

/** Binds a copy in GPU memory, or in host memory where the session reads the input there (shapes, strings). */
function bindOnDevice(binding, input, held) {
  if (input.type !== 'string') {
    const value = toOrtValue(input, 'cuda')
    held.push(value)
    try {
      binding.bindOrtValueInput(input.name, value)
      return
    } catch (error) {
      if (error.code !== 'ERR_DEVICE_MISMATCH') throw error
    }
  }
  const value = toOrtValue(input)
  held.push(value)
  binding.bindOrtValueInput(input.name, value)
}

async function withBinding(binding, run) {
  const held = []
  try {
    return await run(binding, held)
  } finally {
    binding.dispose()
    for (const value of held) value.dispose()
  }
}

const forms = {
  'session.run': async (session, { inputs, outputs }, tolerance) => {
    const results = await session.run(toFeeds(inputs))
    return check(outputs, (name) => results[name], tolerance)
  },

  'bound once': (session, { inputs, outputs }, tolerance) =>
    withBinding(session.createIoBinding(toShapes(inputs)), async (binding) => {
      for (const { name, data } of inputs) binding.inputValue(name).write(data)
      let largest = 0
      for (let i = 0; i < 4; i++) {
        if (i % 2) binding.runSync()
        else await binding.run()
        largest = Math.max(
          largest,
          check(outputs, (name) => binding.outputValue(name), tolerance),
        )
      }
      return largest
    }),

  "Python's form": (session, { inputs, outputs }, tolerance) =>
    withBinding(session.ioBinding(), async (binding, held) => {
      for (const name of session.outputNames) binding.bindOutput(name)
      for (const [i, input] of inputs.entries()) {
        if (i % 2) binding.bindCpuInput(input.name, toTensor(input))
        else bindOnDevice(binding, input, held)
      }
      await session.runWithIoBinding(binding)
      const copies = binding.copyOutputsToCpu()
      return Math.max(...outputs.map((output, i) => compare(copies[i], output, tolerance)))
    }),

  'on the device': (session, { inputs, outputs }, tolerance) =>
    withBinding(session.ioBinding(), async (binding, held) => {
      for (const input of inputs) bindOnDevice(binding, input, held)
      for (const { name, type, dims } of outputs) {
        const value = OrtValue.allocate(type, dims, type === 'string' ? 'cpu' : 'cuda')
        held.push(value)
        binding.bindOrtValueOutput(name, value)
      }
      await binding.run()
      binding.runSync()
      return check(outputs, (name) => binding.outputValue(name), tolerance)
    }),

  mapped: (session, { inputs, outputs }, tolerance) => {
    const plain = [...inputs, ...outputs].filter(({ type }) => type !== 'string')
    // With given shapes: ONNX Runtime's own allocations are not mapped.
    const options = {
      mapped: plain.map(({ name }) => name),
      outputs: toShapes(outputs.filter((one) => plain.includes(one))),
    }
    return withBinding(session.createIoBinding(toShapes(inputs), options), async (binding) => {
      for (const { name, data } of inputs) binding.inputValue(name).write(data)
      binding.runSync()
      await binding.run()
      return check(outputs, (name) => binding.outputValue(name), tolerance)
    })
  },
}

/** Outputs whose shapes ONNX Runtime determines and which it allocates on the GPU. */
const allocated = (session, { inputs, outputs }, tolerance) =>
  withBinding(session.ioBinding(), async (binding, held) => {
    for (const input of inputs) bindOnDevice(binding, input, held)
    for (const { name, type } of outputs) binding.bindOutput(name, type === 'string' ? 'cpu' : allocatedBy)
    for (let i = 0; i < 2; i++) await binding.run()
    for (const { name, type } of outputs) {
      if (type !== 'string') assert.equal(binding.outputValue(name).location, 'cuda')
    }
    return check(outputs, (name) => binding.outputValue(name), tolerance)
  })

async function againstCpu(session, model, dataSets) {
  const cpu = await openCpu(model.path)
  try {
    return await forEachSet(dataSets, async ({ inputs }) => {
      const feeds = toFeeds(inputs)
      const [ours, theirs] = [await session.run(feeds), await cpu.run(feeds)]
      const expected = session.outputNames.map((name) => ({ name, ...parts(theirs[name]) }))
      return check(expected, (name) => ours[name], model.tolerance)
    })
  } finally {
    await cpu.release()
  }
}

const parts = ({ type, dims, data }) => ({ type, dims, data })

async function runModel(t, model) {
  const session = await open(model.path)
  t.note('executionProviders', session.executionProviders)
  const dataSets = model.dataSets(session)
  for (const [name, form] of Object.entries(forms)) {
    await t.part(name, () => forEachSet(dataSets, (dataSet) => form(session, dataSet, model.tolerance)))
  }
  await t.part('allocated on the device', () => {
    t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
    return forEachSet(dataSets, (dataSet) => allocated(session, dataSet, model.tolerance))
  })
  await t.part('against the CPU', () => againstCpu(session, model, dataSets))
  await session.release()
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = expectedModels().map((model) => ({
  id: `models/${model.id}`,
  run: (t) => runModel(t, model),
  tags: model.id === 'tiny_bert' ? ['short'] : [],
  limit: 120,
}))
