// Greedy decoding with a static cache: memory for all positions is bound once, as input and as output, and each step
// writes its own positions. No cache is copied, allocated or bound again. Two bindings share the cache: one has the
// length of the prompt, the other takes single tokens.
//
//   node examples/kv-cache/static-cache.mjs [MODEL TOKEN,TOKEN...]
import { InferenceSession, OrtValue } from 'onnxruntime-iobinding'
import { greedily, nextToken, readArguments } from './decoding.mjs'

const { model, prompt, text } = readArguments('static-cache')
const session = await InferenceSession.create(model)
const TOKENS = 16

const names = session.inputNames.filter((name) => /^(key|value)_cache\./.test(name))

/** Of each cache: [1, positions, width of the keys or values of a token]. */
const dims = Object.fromEntries(
  session.inputMetadata.flatMap((input) =>
    input.isTensor ? [[input.name, [1, ...input.shape.slice(1).map(Number)]]] : [],
  ),
)

// [cache]
const newCaches = () =>
  Object.fromEntries(names.map((name) => [name, OrtValue.allocate('float32', dims[name])]))

/**
 * A binding for `tokens` tokens per run, which reads and writes the caches in place: TensorScatter allows an output in its
 * input's memory, and then copies nothing.
 */
function bind(caches, tokens) {
  const outputs = Object.fromEntries(names.map((name) => [`updated_${name}`, caches[name]]))
  return session.createIoBinding(
    {
      input_ids: [1, tokens],
      position_ids: [1, tokens],
      write_indices: [1],
      nonpad_kv_seqlen: [1],
      ...caches,
    },
    { outputs, inPlace: 'alias' },
  )
}

/** The token after `tokens`. The first of them is at `position`. */
async function step(io, tokens, position) {
  const { input_ids, position_ids, write_indices, nonpad_kv_seqlen } = io.inputs
  for (const [i, token] of tokens.entries()) {
    input_ids[i] = BigInt(token)
    position_ids[i] = BigInt(position + i)
  }
  write_indices[0] = BigInt(position)
  nonpad_kv_seqlen[0] = BigInt(position + tokens.length)
  await io.run()
  return nextToken(io.outputs.logits, io.outputValue('logits').dims)
}
// [end]

const caches = newCaches()
const prefill = bind(caches, prompt.length)
const decode = bind(caches, 1)
const cached = await greedily(prompt, TOKENS, (tokens, added) =>
  step(added.length === 1 ? decode : prefill, added, tokens.length - added.length),
)

/** Computes all tokens again for each new one, into empty caches, which the cache avoids. */
async function withoutCache(tokens) {
  const empty = newCaches()
  const io = bind(empty, tokens.length)
  const token = await step(io, tokens, 0)
  io.dispose()
  for (const value of Object.values(empty)) value.dispose()
  return token
}

const uncached = await greedily(prompt, TOKENS, withoutCache)
console.log(`with a cache    ${text(cached)}`)
console.log(`without         ${text(uncached)}`)
await session.release()
