// A text classifier as an HTTP service that stays responsive under load. Inference does not block the event loop, a few
// bindings keep the session busy, and a request that would wait too long is rejected at once (503, Retry-After).
//
//   node examples/http-service/server.mjs [--model FILE] [--port 3000] [--bindings 2] [--queue 32]
//   curl -d '{"ids":[98,111,110,106,111,117,114]}' http://127.0.0.1:3000/classify
//
// On SIGTERM and SIGINT it stops accepting connections, answers the requests in flight and frees its memory.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { InferenceSession } from 'onnxruntime-iobinding'
import { model } from '../language.mjs'

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: model },
    port: { type: 'string', default: '3000' },
    bindings: { type: 'string', default: '2' },
    queue: { type: 'string', default: '32' },
  },
})
const LENGTH = 128 // tokens; shorter texts are padded and masked
const MAX_CHARACTERS = 16_384 // of a request's body
const GRACE_MS = 10_000

/** An error of the client, or a request to retry later. */
class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

// [service]
// Errors are thrown, so ONNX Runtime does not need to print them too.
const session = await InferenceSession.create(options.model, { intraOpNumThreads: 1, logSeverityLevel: 4 })
// One binding is filled and read while another runs. More than a few gain nothing: a session runs one at a time.
const pool = session.createBindingPool(
  { input_0: [1, LENGTH], input_1: [1, LENGTH] },
  { size: Number(options.bindings), maxQueueSize: Number(options.queue) },
)
// The first run of a shape takes longer, so do it before traffic.
await Promise.all(Array.from({ length: pool.size }, () => pool.use((io) => io.run())))

/** The logits of a text. The signal cancels the wait and the run. */
function classify(ids, signal) {
  return pool.use(
    async (io) => {
      io.inputs.input_0.fill(0n).set(ids)
      io.inputs.input_1.fill(0n).fill(1n, 0, ids.length)
      await io.run({ signal })
      return [...io.outputs.output_0] // a copy: the next request overwrites the binding's outputs
    },
    { signal },
  )
}
// [end]

async function readJson(request) {
  let text = ''
  for await (const part of request.setEncoding('utf8')) {
    text += part
    if (text.length > MAX_CHARACTERS) throw new HttpError(413, 'the body is too long')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'the body is not JSON')
  }
}

function checkIds(body) {
  const ids = body?.ids
  const valid = Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id) && id >= 0)
  if (valid && ids.length > 0 && ids.length <= LENGTH) return ids.map(BigInt)
  throw new HttpError(400, `expected { "ids": [...] }, 1 to ${LENGTH} token ids`)
}

/** The response to an error; 500 for every error that the client did not cause. */
function toHttpError(error) {
  if (error instanceof HttpError) return error
  if (error.code === 'ERR_QUEUE_FULL')
    return new HttpError(503, 'too many requests are waiting', { 'Retry-After': '1' })
  // The model rejects an unknown token.
  if (error.code === 'ERR_ORT_INVALID_ARGUMENT') return new HttpError(400, 'an id is not in the vocabulary')
  console.error(error)
  return new HttpError(500, 'the model failed')
}

let closing = false

function answer(response, status, body, headers = {}) {
  // An open connection would delay the shutdown. One with an unread body cannot be reused.
  if (closing || status === 413) headers = { ...headers, Connection: 'close' }
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const server = createServer(async (request, response) => {
  const client = new AbortController()
  response.once('close', () => client.abort()) // after the answer this has no effect
  try {
    if (request.method !== 'POST' || request.url !== '/classify')
      throw new HttpError(404, 'only POST /classify exists')
    answer(response, 200, { logits: await classify(checkIds(await readJson(request)), client.signal) })
  } catch (error) {
    if (client.signal.aborted || error.code === 'ECONNRESET') return // the client has disconnected
    const { status, message, headers } = toHttpError(error)
    answer(response, status, { error: message }, headers)
  }
})

async function shutDown() {
  closing = true
  setTimeout(() => server.closeAllConnections(), GRACE_MS).unref()
  server.close()
  await once(server, 'close')
  await pool.close()
  await session.release()
  console.log('closed')
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, shutDown)

server.listen(Number(options.port), '127.0.0.1')
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
console.log(`listening on http://127.0.0.1:${port}`)
