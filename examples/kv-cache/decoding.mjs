// Shared by the programs for both caches.
import { fileURLToPath } from 'node:url'

/** What the command line names: `node PROGRAM [MODEL TOKEN,TOKEN...]`. A text of the package's models is in ASCII. */
export function readArguments(name) {
  const [model, list] = process.argv.slice(2)
  if (model === undefined) {
    return {
      model: fileURLToPath(new URL(`../models/${name}.onnx`, import.meta.url)),
      prompt: [...Buffer.from('Bind once, run many. Bind once, r')],
      text: (tokens) => Buffer.from(tokens).toString(),
    }
  }
  return { model, prompt: list.split(',').map(Number), text: (tokens) => tokens.join(' ') }
}

/** The most likely token after the last one: logits are [1, tokens, vocabulary]. */
export function nextToken(logits, dims) {
  const vocabulary = dims.at(-1)
  const last = logits.subarray(logits.length - vocabulary)
  let best = 0
  for (let token = 1; token < vocabulary; ++token) if (last[token] > last[best]) best = token
  return best
}

/** Decodes `count` tokens after the prompt. `next` receives all tokens so far, and those that are new to it. */
export async function greedily(prompt, count, next) {
  const tokens = [...prompt]
  let seen = 0
  while (tokens.length < prompt.length + count) {
    const token = await next(tokens, tokens.slice(seen))
    seen = tokens.length
    tokens.push(token)
  }
  return tokens
}
