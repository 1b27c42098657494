// Greedy decoding with a cache that grows: `present` of one step is `past` of the next. ONNX Runtime allocates each
// `present` when it knows the size, and that value is bound as the next input. No cache is copied.
//
//   node examples/kv-cache/growing-cache.mjs [MODEL TOKEN,TOKEN...]
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { greedily, nextToken, readArguments } from './decoding.mjs'

const { model, prompt, text } = readArguments('growing-cache')
const session = await InferenceSession.create(model)
const TOKENS = 16

const pasts = session.inputNames.filter((name) => name.startsWith('past_key_values.'))
/** Of no positions: [batch, heads, 0, width]. */
function emptyDims(past) {
  const metadata = session.inputMetadata.find(({ name }) => name === past)
  if (!metadata?.isTensor) throw new Error(`${past} is not a tensor`)
  const [, heads, , width] = metadata.shape
  return [1, Number(heads), 0, Number(width)]
}
const presentName = (past) => past.replace('past_key_values', 'present')
const int64 = (values, dims) => new Tensor('int64', BigInt64Array.from(values, BigInt), dims)

/** The inputs of a step other than the caches. The first of `tokens` is at `position`. */
function stepInputs(tokens, position) {
  const length = position + tokens.length
  return {
    input_ids: int64(tokens, [1, tokens.length]),
    attention_mask: int64(new Array(length).fill(1), [1, length]),
    position_ids: int64(
      tokens.map((_, i) => position + i),
      [1, tokens.length],
    ),
  }
}

// [cache]
const binding = session.ioBinding()
for (const name of session.outputNames) binding.bindOutput(name)
for (const past of pasts) binding.bindOrtValueInput(past, OrtValue.allocate('float32', emptyDims(past)))

async function step(tokens, position) {
  for (const [name, tensor] of Object.entries(stepInputs(tokens, position)))
    binding.bindCpuInput(name, tensor)
  await binding.run()
  for (const past of pasts) {
    const read = binding.inputValue(past)
    binding.bindOrtValueInput(past, binding.outputValue(presentName(past)))
    read.dispose() // do not wait for the garbage collector: a cache is large
  }
  return nextToken(binding.outputs.logits, binding.outputValue('logits').dims)
}
// [end]

/** Computes all tokens again for each new one, which the cache avoids. */
async function withoutCache(tokens) {
  const empty = (past) => new Tensor('float32', new Float32Array(0), emptyDims(past))
  const caches = Object.fromEntries(pasts.map((past) => [past, empty(past)]))
  const { logits } = await session.run({ ...stepInputs(tokens, 0), ...caches }, ['logits'])
  return nextToken(logits.data, logits.dims)
}

const cached = await greedily(prompt, TOKENS, (tokens, added) => step(added, tokens.length - added.length))
const uncached = await greedily(prompt, TOKENS, withoutCache)
console.log(`with a cache    ${text(cached)}`)
console.log(`without         ${text(uncached)}`)
await session.release()
