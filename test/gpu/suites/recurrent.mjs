// Models whose state stays on the GPU from run to run.
import assert from 'node:assert/strict'
import { OrtValue } from '../../../dist/index.mjs'
import { expectedModel } from '../expected-models.mjs'
import { allocatedBy, compare, open, rehearsal, toOrtValue, toShapes } from '../session.mjs'

const int64 = (numbers, dims) => ({ type: 'int64', dims, data: BigInt64Array.from(numbers, BigInt) })
const range = (from, count) => Array.from({ length: count }, (_, i) => from + i)
const findInput = ({ inputs }, name) => inputs.find((input) => input.name === name)

/** The largest logit of the last position. */
function nextToken(logits) {
  const last = logits.read().slice(-logits.dims.at(-1))
  return last.indexOf(Math.max(...last))
}

/** The prompt and the tokens after it, each from the previous step. */
async function decode({ prompt, greedy }, step) {
  const tokens = [...prompt]
  let past = 0
  while (tokens.length < greedy.length) {
    const next = tokens.slice(past)
    tokens.push(nextToken(await step(next, past)))
    past += next.length
  }
  assert.deepEqual(tokens, greedy)
}

/** One value on the GPU is the state's input and its output. */
async function inPlace(t, model) {
  const session = await open(model.path)
  const steps = model.dataSets(session)
  const [[input, output]] = model.state
  const state = toOrtValue(findInput(steps[0], input), 'cuda')
  const binding = session.createIoBinding(
    { ...toShapes(steps[0].inputs), [input]: state },
    { outputs: { [output]: state } },
  )
  for (const [i, { inputs, outputs }] of steps.entries()) {
    for (const { name, data } of inputs) if (name !== input) binding.inputValue(name).write(data)
    if (i % 2) binding.runSync()
    else await binding.run()
    for (const expected of outputs) compare(binding.outputValue(expected.name), expected, model.tolerance)
  }
  t.note('steps', steps.length)
  binding.dispose()
  state.dispose()
  await session.release()
}

/** A cache of fixed size on the GPU, written in place by the prompt's binding, then by each token's. */
async function staticCache(t, model) {
  const session = await open(model.path)
  const [first] = model.dataSets(session)
  const caches = Object.fromEntries(
    model.state.map(([input]) => [input, toOrtValue(findInput(first, input), 'cuda')]),
  )
  const outputs = Object.fromEntries(model.state.map(([input, output]) => [output, caches[input]]))
  const bind = (tokens) =>
    session.createIoBinding(
      {
        input_ids: [1, tokens],
        position_ids: [1, tokens],
        write_indices: [1],
        nonpad_kv_seqlen: [1],
        ...caches,
      },
      { outputs },
    )
  const expected = model.greedy()
  const [prefill, step] = [bind(expected.prompt.length), bind(1)]
  await decode(expected, async (tokens, past) => {
    const binding = past === 0 ? prefill : step
    binding.inputs.input_ids.set(tokens.map(BigInt))
    binding.inputs.position_ids.set(range(past, tokens.length).map(BigInt))
    binding.inputs.write_indices[0] = BigInt(past)
    binding.inputs.nonpad_kv_seqlen[0] = BigInt(past + tokens.length)
    await binding.run()
    return binding.outputValue('logits')
  })
  t.note('tokens', expected.greedy.length)
  for (const disposable of [prefill, step, ...Object.values(caches)]) disposable.dispose()
  await session.release()
}

/** A growing cache: ONNX Runtime's output on the GPU becomes the next input, and never leaves the GPU. */
async function growingCache(t, model) {
  const session = await open(model.path)
  const [first] = model.dataSets(session)
  const binding = session.ioBinding()
  for (const name of session.outputNames) binding.bindOutput(name, name === 'logits' ? 'cpu' : allocatedBy)
  for (const [input] of model.state) {
    const { type, dims } = findInput(first, input)
    binding.bindOrtValueInput(input, OrtValue.allocate(type, dims, allocatedBy))
  }
  const bind = (name, tensor) => binding.bindOrtValueInput(name, toOrtValue(tensor))
  const expected = model.greedy()
  await decode(expected, async (tokens, past) => {
    const length = past + tokens.length
    bind('input_ids', int64(tokens, [1, tokens.length]))
    bind('attention_mask', int64(new Array(length).fill(1), [1, length]))
    bind('position_ids', int64(range(past, tokens.length), [1, tokens.length]))
    await binding.run()
    for (const [input, output] of model.state) {
      const value = binding.outputValue(output)
      assert.equal(value.location, allocatedBy)
      binding.bindOrtValueInput(input, value)
    }
    return binding.outputValue('logits')
  })
  t.note('tokens', expected.greedy.length)
  if (rehearsal) t.note('cache', 'in host memory: the fake driver has none that ONNX Runtime allocates')
  binding.dispose()
  await session.release()
}

const forms = {
  silero_v6: inPlace,
  arname_decoder: inPlace,
  tiny_llama_static_f32: staticCache,
  tiny_gpt2_dyn_f32: growingCache,
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = Object.entries(forms).flatMap(([id, run]) => {
  const model = expectedModel(id)
  return model ? [{ id: `recurrent/${id}`, run: (t) => run(t, model) }] : []
})
