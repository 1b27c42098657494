import type { Readable } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Encoding, encoders, inflated, readBody } from './body.js'
import { answerClientError } from './client-error.js'
import { keepBusyConnections } from './connections.js'
import { invalid, toRequestError, unsupported } from './errors.js'
import { refuseOtherMethods } from './http-methods.js'
import { infer } from './inference.js'
import { Leaving } from './leaving.js'
import { EXTENSIONS, metadata } from './metadata.js'
import { type ObservedRequest, type Observer, observed } from './observer.js'
import type { Repository } from './repository.js'

export interface HttpOptions {
  readonly bodyLimit: number
  /** Whether the server drains: it still serves, and asks clients to leave. */
  readonly isDraining: () => boolean
  readonly observe: Observer | undefined
}

/** How long the JSON of a body is that has binary data behind it. */
const JSON_LENGTH = 'inference-header-content-length'

const OCTETS = 'application/octet-stream'

/** How long a client may take to send a request. Fastify has no limit by default. */
const REQUEST_TIMEOUT_MS = 300_000

type Params = { Params: { name: string; version?: string } }

/** The REST API of the Open Inference Protocol, with Triton's extensions. */
export function httpServer(
  repository: Repository,
  server: { name: string; version: string },
  options: HttpOptions,
): FastifyInstance {
  const { bodyLimit, isDraining, observe } = options
  const body = ({ body, headers }: FastifyRequest) =>
    inflated(Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers['content-encoding'], bodyLimit)
  const app = fastify({
    bodyLimit,
    clientErrorHandler: answerClientError,
    forceCloseConnections: 'idle',
    // What has come is served until the last connection has ended.
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 128 },
    frameworkErrors: (error, _request, reply: FastifyReply) =>
      // A name that is too long is one of no model.
      error.code === 'FST_ERR_MAX_PARAM_LENGTH'
        ? reply.code(404).send({ error: 'Not Found' })
        : reply.code(400).send({ error: error.message }),
  })
  keepBusyConnections(app.server)
  app.removeAllContentTypeParsers()
  // The type of a body is not read, so that one which is not a type is accepted, as Triton does.
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (raw.headers['content-type'] !== undefined) raw.headers['content-type'] = OCTETS
    done()
  })
  app.addContentTypeParser('*', ({ headers }: FastifyRequest, payload: Readable) =>
    readBody(payload, headers, { limit: bodyLimit, jsonLength: headerLength(headers[JSON_LENGTH]) ?? 0 }),
  )
  app.setErrorHandler((error, _request, reply) => {
    const { status, message } = toRequestError(error)
    return reply.code(status).send({ error: message })
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'Not Found' }))
  const otherMethods = refuseOtherMethods(app)
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining()) reply.header('connection', 'close')
  })

  app.get('/v2', () => ({ ...server, extensions: EXTENSIONS }))
  app.get('/v2/health/live', (_request, reply) => reply.code(200).send())
  app.get('/v2/health/ready', (_request, reply) =>
    reply.code(repository.isReady && !isDraining() ? 200 : 400).send(),
  )
  app.get('/v2/models/stats', () => ({ model_stats: repository.models.map((model) => model.stats) }))
  app.post('/v2/repository/index', async (request) => {
    const ready = parseIndexRequest(await body(request))
    return repository.index.filter(({ state }) => !ready || state === 'READY')
  })

  for (const base of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    const model = ({ params }: FastifyRequest<Params>) => repository.model(params.name, params.version)
    app.get<Params>(base, (request) => metadata(model(request)))
    app.get<Params>(`${base}/ready`, (request, reply) => {
      model(request)
      return reply.code(isDraining() ? 400 : 200).send()
    })
    app.get<Params>(`${base}/config`, (request) => model(request).config)
    app.get<Params>(`${base}/stats`, (request) => ({ model_stats: [model(request).stats] }))
    app.post<Params>(`${base}/infer`, async (request, reply) => {
      const { header, data } = await observed(observe, observedHttp(request), async () => {
        const length = headerLength(request.headers[JSON_LENGTH])
        return infer(model(request), await body(request), length, new Leaving(reply.raw))
      })
      return respond(request, reply, header, data, isDraining())
    })
  }
  for (const path of [
    '/v2/repository/models/:name/load',
    '/v2/repository/models/:name/unload',
    '/v2/systemsharedmemory/*',
    '/v2/cudasharedmemory/*',
    '/v2/trace/*',
    '/v2/logging',
    '/v2/models/:name/trace/setting',
  ])
    app.all(path, () => {
      throw unsupported(
        'the server does not load or unload models by requests, and has no shared memory, traces and log settings',
      )
    })
  otherMethods()
  return app
}

const observedHttp = ({ params, headers }: FastifyRequest<Params>): ObservedRequest => ({
  protocol: 'http',
  model: params.name,
  version: params.version ?? '',
  header: (name) => headers[name]?.toString(),
})

function parseIndexRequest(bytes: Buffer): boolean {
  if (bytes.length === 0) return false
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null)
      return Object.hasOwn(value, 'ready') && (value as { ready: unknown }).ready === true
  } catch {}
  throw invalid('the request is not a JSON object')
}

function headerLength(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw invalid('Inference-Header-Content-Length is not a number')
}

/** The encoding that the client prefers, the first of several; undefined where that is none, `identity`. */
function accepted(header: string | undefined): Encoding | undefined {
  let [preferred, most] = ['identity', 0]
  for (const part of (header ?? '').split(',').slice(0, 16)) {
    const [name = '', quality = '1'] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*q=/)
    if ((name === 'identity' || Object.hasOwn(encoders, name)) && Number(quality) > most)
      [preferred, most] = [name, Number(quality)]
  }
  return preferred === 'identity' ? undefined : (preferred as Encoding)
}

async function respond(
  request: FastifyRequest,
  reply: FastifyReply,
  header: Buffer,
  data: readonly Buffer[],
  isDraining: boolean,
): Promise<FastifyReply> {
  const isBinary = data.length > 0
  if (isBinary) reply.header(JSON_LENGTH, String(header.length))
  reply.type(isBinary ? OCTETS : 'application/json')
  const encoding = accepted(request.headers['accept-encoding'])
  if (encoding !== undefined) {
    reply.header('content-encoding', encoding)
    return reply.send(await encoders[encoding](Buffer.concat([header, ...data])))
  }
  if (!isBinary) return reply.send(header)
  const length = data.reduce((sum, { length }) => sum + length, header.length)
  reply.header('content-length', length)
  if (isDraining) reply.header('connection', 'close')
  writeAll(reply, [header, ...data], length)
  return reply
}

/** What is shorter is copied in less time than it takes to write one more part. */
const LARGE = 2 ** 14

/** Writes a response of a length; a large one in parts, without a copy of them in one buffer. */
function writeAll(reply: FastifyReply, parts: readonly Buffer[], length: number): void {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>)
  if (length < LARGE) {
    raw.end(Buffer.concat(parts, length))
    return
  }
  raw.cork()
  for (const part of parts) raw.write(part)
  raw.end()
}
