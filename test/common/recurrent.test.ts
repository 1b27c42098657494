import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelCases, tolerance } from '../helpers/cases.mjs'
import { createSession, deviceName, modelOnDevice } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { toComparable } from '../helpers/tensors.mjs'
import { loadCase } from '../helpers/test-data.mjs'
import { expectTensor, int64, onlyTensors, toOrtValue, toTensor } from '../helpers/values.ts'

const all = modelCases()

// The inputs other than the state have one shape in all steps: each value is bound once.
const steady = ['silero_v6', 'arname_decoder']
const growing = ['tiny_gpt2_dyn_f32', 'tiny_gpt2_dyn_f16']
const inPlace = ['tiny_llama_static_f32']

test('the cases of this file are all cases with state', () => {
  const known = [...steady, ...growing, ...inPlace]
  for (const { id, manifest } of all) if (Object.keys(manifest.state).length > 0) expect(known).toContain(id)
})

/** A session and the data sets of each case, or a skip that says why not. */
function describeCases(
  ids: readonly string[],
  define: (use: () => InferenceSession, model: Given) => void,
): void {
  for (const id of ids) {
    const found = all.find((model) => model.id === id)
    if (found === undefined) {
      describe.skip(`${id}: not bundled, and ../shared/models does not exist`, () => {
        test('its state', () => {})
      })
      continue
    }
    const { skip, options } = modelOnDevice(id)
    if (skip !== undefined) {
      describe.skip(`${id} (skipped on ${deviceName}: ${skip})`, () => {
        test('its state', () => {})
      })
      continue
    }
    describe(id, () => {
      let session: InferenceSession
      beforeAll(async () => {
        session = await createSession(join(found.dir, 'model.onnx'), { ...options, logSeverityLevel: 3 })
      })
      afterAll(() => session.release())
      define(() => session, given(found))
    })
  }
}

function given({ id, dir, manifest }: ReturnType<typeof modelCases>[number]) {
  const steps = loadCase(dir).dataSets.map(({ inputs, outputs }) => ({
    inputs: onlyTensors(inputs),
    outputs: onlyTensors(outputs),
  }))
  const greedy = () =>
    JSON.parse(readFileSync(join(dir, manifest.greedy!), 'utf8')) as { prompt: number[]; greedy: number[] }
  return { steps, greedy, state: Object.entries(manifest.state), tolerance: tolerance(id) }
}

type Given = ReturnType<typeof given>

/** Checks all of a step's outputs, and writes all but the state of the next step's inputs. */
async function followSteps(
  binding: IoBinding,
  { steps, state, tolerance }: Given,
  run: (binding: IoBinding, step: number) => unknown,
): Promise<void> {
  const isState = new Set(state.map(([input]) => input))
  for (const [i, { inputs, outputs }] of steps.entries()) {
    for (const input of inputs) {
      if (!isState.has(input.name)) binding.inputs[input.name]!.set(toTensor(input).data as never)
    }
    await run(binding, i)
    for (const output of outputs) expectTensor(binding.outputValue(output.name), output, tolerance)
  }
}

const inputShapes = ({ steps }: Given) =>
  Object.fromEntries(steps[0]!.inputs.map(({ name, dims }) => [name, dims]))

describeCases(steady, (session, model) => {
  const { steps, state } = model
  const [input, output] = state[0]!
  const initial = steps[0]!.inputs.find(({ name }) => name === input)!

  test.each(runForms)('one OrtValue is input and output, for state in place, by %s', async (_form, run) => {
    using value = toOrtValue(initial)
    using binding = session().createIoBinding(
      { ...inputShapes(model), [input]: value },
      { outputs: { [output]: value } },
    )
    await followSteps(binding, model, run)
  })

  test.each(runForms)('two OrtValues with state swap places, by %s', async (_form, run) => {
    using even = toOrtValue(initial)
    using odd = OrtValue.allocate('float32', initial.dims)
    using binding = session().createIoBinding({ ...inputShapes(model), [input]: even })
    await followSteps(binding, model, (_binding, step) => {
      binding.bindOrtValueInput(input, step % 2 === 0 ? even : odd)
      binding.bindOrtValueOutput(output, step % 2 === 0 ? odd : even)
      return run(binding)
    })
  })

  test.each(runForms)(
    'state that ONNX Runtime allocates is bound as the next input, by %s',
    async (_form, run) => {
      using first = toOrtValue(initial)
      using binding = session().createIoBinding(
        { ...inputShapes(model), [input]: first },
        { outputs: { [output]: 'dynamic' } },
      )
      await followSteps(binding, model, async () => {
        await run(binding)
        binding.bindOrtValueInput(input, binding.outputValue(output)!)
      })
    },
  )
})

/** The largest logit of the last position. */
function nextToken(logits: OrtValue): number {
  const data = toComparable(logits.type, logits.read())
  const vocabulary = logits.dims.at(-1)!
  const last = Array.from(data).slice(-vocabulary)
  return last.indexOf(Math.max(...last))
}

/** Positions from `past` on. */
const positions = (past: number, count: number) => Array.from({ length: count }, (_, i) => past + i)

/** The prompt and what follows it, each token from the step before. */
async function decode(
  { greedy }: Given,
  step: (tokens: readonly number[], past: number) => Promise<OrtValue>,
): Promise<void> {
  const { prompt, greedy: expected } = greedy()
  const tokens = [...prompt]
  let past = 0
  while (tokens.length < expected.length) {
    const fresh = tokens.slice(past)
    past += fresh.length
    tokens.push(nextToken(await step(fresh, past - fresh.length)))
  }
  expect(tokens).toEqual(expected)
}

describeCases(growing, (session, model) => {
  const { steps, state } = model

  test.each(runForms)(
    'greedy decoding binds the growing cache as the next input, by %s',
    async (_form, run) => {
      using binding = session().ioBinding()
      for (const name of session().outputNames) binding.bindOutput(name)
      for (const { name, type, dims } of steps[0]!.inputs) {
        if (state.some(([past]) => past === name))
          binding.bindOrtValueInput(name, OrtValue.allocate(type as 'float16', dims))
      }
      await decode(model, async (tokens, past) => {
        const length = past + tokens.length
        binding.bindCpuInput('input_ids', int64(tokens, [1, tokens.length]))
        binding.bindCpuInput('attention_mask', int64(new Array(length).fill(1), [1, length]))
        binding.bindCpuInput('position_ids', int64(positions(past, tokens.length), [1, tokens.length]))
        await run(binding)
        for (const [input, output] of state) binding.bindOrtValueInput(input, binding.outputValue(output)!)
        return binding.outputValue('logits')!
      })
      const { greedy } = model.greedy()
      expect(binding.outputValue(state[0]![1])!.dims).toEqual([1, 4, greedy.length - 1, 16])
    },
  )

  test.each(runForms)(
    'each step of the data sets uses the cache of the previous step, by %s',
    async (_form, run) => {
      using binding = session().ioBinding()
      for (const name of session().outputNames) binding.bindOutput(name)
      for (const [i, { inputs, outputs }] of steps.entries()) {
        for (const input of inputs) {
          const chained = state.find(([past]) => past === input.name)
          if (chained === undefined || i === 0) binding.bindCpuInput(input.name, toTensor(input))
          else binding.bindOrtValueInput(input.name, binding.outputValue(chained[1])!)
        }
        await run(binding)
        for (const output of outputs) expectTensor(binding.outputValue(output.name), output, model.tolerance)
      }
    },
  )
})

describeCases(inPlace, (session, model) => {
  const { steps, state } = model

  /** A binding for a number of tokens at a time, over caches that it updates in place. */
  function bind(caches: Readonly<Record<string, OrtValue>>, tokens: number): IoBinding {
    const outputs = Object.fromEntries(state.map(([input, output]) => [output, caches[input]!]))
    return session().createIoBinding(
      {
        input_ids: [1, tokens],
        position_ids: [1, tokens],
        write_indices: [1],
        nonpad_kv_seqlen: [1],
        ...caches,
      },
      { outputs },
    )
  }

  const emptyCaches = () =>
    Object.fromEntries(
      state.map(([input]) => [input, toOrtValue(steps[0]!.inputs.find(({ name }) => name === input)!)]),
    )

  test.each(runForms)(
    'greedy decoding binds the static cache in place, once for all steps, by %s',
    async (_form, run) => {
      const caches = emptyCaches()
      const { prompt } = model.greedy()
      using prefill = bind(caches, prompt.length)
      using step = bind(caches, 1)
      await decode(model, async (tokens, past) => {
        const binding = past === 0 ? prefill : step
        const { input_ids, position_ids, write_indices, nonpad_kv_seqlen } = binding.inputs as Record<
          string,
          BigInt64Array
        >
        input_ids!.set(tokens.map(BigInt))
        position_ids!.set(positions(past, tokens.length).map(BigInt))
        write_indices![0] = BigInt(past)
        nonpad_kv_seqlen![0] = BigInt(past + tokens.length)
        await run(binding)
        return binding.outputValue('logits')!
      })
      for (const value of Object.values(caches)) value.dispose()
    },
  )

  test.each(runForms)('all steps of the data sets use one cache, by %s', async (_form, run) => {
    const caches = emptyCaches()
    using prefill = bind(caches, steps[0]!.inputs[0]!.dims[1]!)
    using step = bind(caches, 1)
    await followSteps(prefill, { ...model, steps: steps.slice(0, 1) }, run)
    await followSteps(step, { ...model, steps: steps.slice(1) }, run)
  })
})
