import type { ServerWritableStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import { invalid, notFound } from './errors.js'
import { defineService, handlers, service, toStatus } from './grpc-service.js'
import { decode, encode, root } from './proto.js'

type Watcher = ServerWritableStream<Buffer, Buffer>

const HEALTH = service('grpc.health.v1.Health')
const [REQUEST, RESPONSE] = ['HealthCheckRequest', 'HealthCheckResponse'].map((name) =>
  root.lookupType(`grpc.health.v1.${name}`),
) as [ReturnType<typeof root.lookupType>, ReturnType<typeof root.lookupType>]
const SERVICES = ['', 'inference.GRPCInferenceService']

const UNKNOWN = encode(RESPONSE, { status: 'SERVICE_UNKNOWN' })
const STOPPING = toStatus(notFound('the server stops'))

const state = (isServing: boolean) => ({ status: isServing ? 'SERVING' : 'NOT_SERVING' })

/** gRPC's health checking service. */
export class Health {
  readonly definition: ServiceDefinition = defineService(HEALTH)
  readonly #isServing: () => boolean
  /** Whether each watches a service that exists. */
  readonly #watchers = new Map<Watcher, boolean>()
  #isClosed = false

  constructor(isServing: () => boolean) {
    this.#isServing = isServing
  }

  get implementation(): UntypedServiceImplementation {
    const check = ({ service }: { readonly service: string }) => {
      if (!SERVICES.includes(service)) throw notFound(`unknown service '${service}'`)
      return state(this.#isServing())
    }
    return { ...handlers(HEALTH, { Check: check }), Watch: (call: Watcher) => this.#watch(call) }
  }

  #watch(call: Watcher): void {
    let service: string
    try {
      ;({ service } = decode(REQUEST, call.request) as { service: string })
    } catch {
      return void call.emit('error', toStatus(invalid('the request is not a HealthCheckRequest')))
    }
    if (this.#isClosed) return void call.emit('error', STOPPING)
    this.#watchers.set(call, SERVICES.includes(service))
    call.once('cancelled', () => this.#watchers.delete(call))
    call.write(this.#watchers.get(call) ? this.#state : UNKNOWN)
  }

  get #state(): Buffer {
    return encode(RESPONSE, state(this.#isServing()))
  }

  /** Reports a change to those that watch. */
  changed(): void {
    for (const [watcher, isKnown] of this.#watchers) if (isKnown) watcher.write(this.#state)
  }

  /** Ends the calls of those that watch, also of unknown services: they would keep the server from stopping. */
  close(): void {
    this.#isClosed = true
    for (const watcher of this.#watchers.keys()) watcher.emit('error', STOPPING)
    this.#watchers.clear()
  }
}
