// A client in a process of its own, unmodified: `node [--import onnxruntime-iobinding/register] target.mjs FOLDER`.
//   { op: 'open', case: { id } }   { sum }, a digest of the first result
//   { op: 'delays', seconds }      { runs, runMs, delayMs } of the event loop while calls run back to back
import { createHash } from 'node:crypto'
import { delays } from '../../targets/delays.mjs'
import { serve } from '../../targets/serve.mjs'
import { clients } from './clients.mjs'

const [folder] = process.argv.slice(2)
let call
await serve({
  async open({ case: { id } }) {
    call = await clients.find((client) => client.id === id).open(folder)
    return {
      sum: createHash('sha256')
        .update(await call())
        .digest()
        .readUIntBE(0, 6),
    }
  },
  delays: ({ seconds }) => delays(call, seconds),
})
