import { createReadStream } from 'node:fs'

/** What takes any time: what its inputs hold says how often it runs. */
const OPERATORS = ['Loop', 'BeamSearch', 'GreedySearch', 'Sampling', 'WhisperBeamSearch']
/** As a model's file has them: field 4 of a NodeProto, with its length. */
const NAMES = OPERATORS.map((name) => Buffer.from(`\x22${String.fromCharCode(name.length)}${name}`))
const LONGEST = Math.max(...NAMES.map(({ length }) => length))

/** Whether a model has an operator that takes any time, or bytes that look like one. */
export async function mayLoop(path: string): Promise<boolean> {
  let last = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([last, chunk])
    if (NAMES.some((name) => bytes.includes(name))) return true
    last = bytes.subarray(1 - LONGEST)
  }
  return false
}
