// A text classifier as an HTTP service that stays answerable under load: inference is off the event loop, a few bindings
// keep the session busy, and a request that would wait too long is told so at once (503, Retry-After).
//
//   node examples/http-service/server.mjs [--model FILE] [--port 3000] [--bindings 2] [--queue 32]
//   curl -d '{"ids":[101,7,42,102]}' http://127.0.0.1:3000/classify
//
// SIGTERM and SIGINT end it: no new connections, what is in flight is answered, then the memory is let go.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { InferenceSession } from 'onnxruntime-iobinding'
import { BindingPool, QueueFullError } from './binding-pool.mjs'

const { values: options } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: fileURLToPath(new URL('../../test/models/tiny_bert/model.onnx', import.meta.url)),
    },
    port: { type: 'string', default: '3000' },
    bindings: { type: 'string', default: '2' },
    queue: { type: 'string', default: '32' },
  },
})
const LENGTH = 128 // tokens; shorter texts are padded, and masked
const MOST_CHARACTERS = 16_384 // of a request's body
const GRACE_MS = 10_000

/** An answer that is the client's to mend, or to try again. */
class HttpError extends Error {
  constructor(status, message, headers = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

// [service]
// What fails is thrown: ONNX Runtime need not print it too.
const session = await InferenceSession.create(options.model, { intraOpNumThreads: 1, logSeverityLevel: 4 })
// One is filled and read while another runs. More than a few gain nothing: a session's runs are done one by one.
const bindings = Array.from({ length: Number(options.bindings) }, () =>
  session.createIoBinding({ input_0: [1, LENGTH], input_1: [1, LENGTH] }),
)
for (const io of bindings) await io.run() // the first run of a shape takes longer: before traffic
const pool = new BindingPool(bindings, Number(options.queue))

/** Logits of a text. The signal ends it while it waits, and while it runs. */
function classify(ids, signal) {
  return pool.use(async (io) => {
    io.inputs.input_0.fill(0n).set(ids)
    io.inputs.input_1.fill(0n).fill(1n, 0, ids.length)
    await io.run({ signal })
    return [...io.outputs.output_0] // a copy: the binding's next request overwrites it
  }, signal)
}
// [end]

async function readJson(request) {
  let text = ''
  for await (const part of request.setEncoding('utf8')) {
    text += part
    if (text.length > MOST_CHARACTERS) throw new HttpError(413, 'the body is too long')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'the body is no JSON')
  }
}

function checkIds(body) {
  const ids = body?.ids
  const valid = Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id) && id >= 0)
  if (valid && ids.length > 0 && ids.length <= LENGTH) return ids.map(BigInt)
  throw new HttpError(400, `expected { "ids": [...] }, 1 to ${LENGTH} token ids`)
}

/** What a failure is to the client; what it did not cause is a failure of the service. */
function toHttpError(error) {
  if (error instanceof HttpError) return error
  if (error instanceof QueueFullError) return new HttpError(503, error.message, { 'Retry-After': '1' })
  // The model refuses a token that it does not know.
  if (error.code === 'ERR_ORT_INVALID_ARGUMENT') return new HttpError(400, 'an id is not in the vocabulary')
  console.error(error)
  return new HttpError(500, 'the model failed')
}

let closing = false

function answer(response, status, body, headers = {}) {
  // A connection that stays open would keep the service from ending; one with a body that was not read cannot go on.
  if (closing || status === 413) headers = { ...headers, Connection: 'close' }
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const server = createServer(async (request, response) => {
  const client = new AbortController()
  response.once('close', () => client.abort()) // it went away, or has its answer, and then this ends nothing
  try {
    if (request.method !== 'POST' || request.url !== '/classify')
      throw new HttpError(404, 'POST /classify is all there is')
    answer(response, 200, { logits: await classify(checkIds(await readJson(request)), client.signal) })
  } catch (error) {
    if (client.signal.aborted || error.code === 'ECONNRESET') return // nobody is there to be told
    const { status, message, headers } = toHttpError(error)
    answer(response, status, { error: message }, headers)
  }
})

async function shutDown() {
  closing = true
  setTimeout(() => server.closeAllConnections(), GRACE_MS).unref()
  server.close()
  await once(server, 'close')
  for (const io of bindings) io.dispose()
  await session.release()
  console.log('closed')
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, shutDown)

server.listen(Number(options.port), '127.0.0.1')
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
console.log(`listening on http://127.0.0.1:${port}`)
