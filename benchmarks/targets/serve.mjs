// The target's side of target-process.mjs.
import { createInterface } from 'node:readline'

/** Answers questions until standard input ends. @param {Record<string, (question: any) => unknown>} operations by `op` */
export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line)
    const answer = await Promise.resolve()
      .then(() => operations[question.op](question))
      .catch((error) => ({ error: `${error.code ? `${error.code}: ` : ''}${error.message}` }))
    console.log(JSON.stringify(answer ?? {}))
  }
  process.exit()
}
