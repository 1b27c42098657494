// Shared by the programs for both caches.

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
