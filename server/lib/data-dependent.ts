import { createReadStream } from 'node:fs'

/** What a run of them takes is decided by elements of their inputs, or they make integers of floats, which can be sizes. */
const OPERATORS = ['Cast', 'CastLike', 'If', 'Loop', 'Range', 'Resize', 'RoiAlign', 'Upsample']
/** As a model's file has them: field 4 of a NodeProto, with its length. The last one marks ORT's format, which is not read. */
const NAMES = [
  ...OPERATORS.map((name) => Buffer.from(`\x22${String.fromCharCode(name.length)}${name}`)),
  Buffer.from('ORTM'),
]
const LONGEST = Math.max(...NAMES.map(({ length }) => length))

/**
 * Whether what a run takes may depend on what its inputs hold. If not, their shapes decide it. Bytes that look like an operator
 * count as one.
 * @param types those of the inputs
 */
export async function timeDependsOnData(path: string, types: readonly string[]): Promise<boolean> {
  // Integers can be sizes, and strings take as long as they are.
  if (types.some((type) => !type.includes('float'))) return true
  let last = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([last, chunk])
    if (NAMES.some((name) => bytes.includes(name))) return true
    last = bytes.subarray(1 - LONGEST)
  }
  return false
}
