/**
 * A model server that speaks the Open Inference Protocol, on onnxruntime-iobinding.
 *
 * @packageDocumentation
 */
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GrpcOptions, type GrpcServer, startGrpc } from './grpc.js'
import { httpServer } from './http.js'
import { metricsServer } from './metrics.js'
import { guarded } from './observer.js'
import { checkOptions, type ServerOptions } from './options.js'
import { type IndexEntry, Repository } from './repository.js'

export type { ObservedEnd, ObservedRequest, Observer } from './observer.js'
export type { ServerOptions } from './options.js'

export interface InferenceServer extends AsyncDisposable {
  readonly httpPort: number
  readonly grpcPort: number
  readonly metricsPort: number
  readonly models: readonly IndexEntry[]
  /**
   * Readiness off, serving for `drainMs`, then no connections (GOAWAY); releases the models. Idempotent.
   * @param options `now`: ends the time of `drainMs`, also that of an earlier call
   */
  close(options?: { readonly now?: boolean }): Promise<void>
}

const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  name: string
  version: string
}

/**
 * Loads the models of one or more folders and serves them.
 *
 * @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option; Node.js's error for a folder that cannot
 * be read, or a port that is taken
 * @example
 * await using server = await createServer({ modelRepository: 'models', httpPort: 0 })
 * console.log(server.httpPort, server.models)
 */
export async function createServer(options: ServerOptions): Promise<InferenceServer> {
  const checked = checkOptions(options)
  const { modelRepository, modelName, drainMs = 0, exitTimeoutMs = 30_000 } = checked
  const { bodyLimit = 64 * 2 ** 20, maxQueueSize = 1024, session = {} } = checked
  const folders = [modelRepository].flat()
  const repository = await Repository.open({ folders, modelName, maxQueueSize, session })
  let draining = false
  const isDraining = () => draining
  const observe = checked.observe && guarded(checked.observe)
  const http = httpServer(repository, { name, version }, { bodyLimit, isDraining, observe })
  const metrics = metricsServer(repository)
  const grpc = await listen(repository, checked, http, metrics, { bodyLimit, isDraining, observe })
  const hurry = new AbortController()
  const stop = async () => {
    draining = true
    grpc.drain()
    await sleep(drainMs, undefined, { signal: hurry.signal }).catch(() => {})
    const timer = setTimeout(() => http.server.closeAllConnections(), exitTimeoutMs)
    await Promise.all([http.close(), grpc.close(exitTimeoutMs)])
    clearTimeout(timer)
    metrics.close()
    metrics.closeAllConnections()
    await repository.release()
  }
  let closed: Promise<void> | undefined
  const close = ({ now = false } = {}) => {
    closed ??= stop()
    if (now) hurry.abort()
    return closed
  }
  return {
    httpPort: listeningPort(http.server),
    grpcPort: grpc.port,
    metricsPort: listeningPort(metrics),
    models: repository.index,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

const listeningPort = (server: Server) => (server.address() as AddressInfo).port
const LOOPBACK = '127.0.0.1'

/** Starts all servers, or none. */
async function listen(
  repository: Repository,
  options: ServerOptions,
  http: ReturnType<typeof httpServer>,
  metrics: Server,
  shared: Pick<GrpcOptions, 'bodyLimit' | 'isDraining' | 'observe'>,
): Promise<GrpcServer> {
  const { httpAddress = LOOPBACK, httpPort = 8000, grpcAddress = LOOPBACK, grpcPort = 8001 } = options
  const { metricsAddress = LOOPBACK, metricsPort = 8002 } = options
  try {
    // For localhost, which has two addresses, Fastify would make a second server that nothing here knows.
    const { address } = await lookup(httpAddress)
    await http.listen({ host: address, port: httpPort })
    await once(metrics.listen(metricsPort, metricsAddress), 'listening')
    return await startGrpc(
      repository,
      { name, version },
      { ...shared, host: grpcAddress, port: grpcPort, connections: options },
    )
  } catch (error) {
    await http.close()
    metrics.close()
    await repository.release()
    throw error
  }
}
