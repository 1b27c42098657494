import {
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { notFound } from './errors.js'
import { defineService, handlers, service, toStatus } from './grpc-service.js'
import { decode, encode, root } from './proto.js'

type Watcher = ServerWritableStream<Buffer, Buffer>

const HEALTH = service('grpc.health.v1.Health')
const [REQUEST, RESPONSE] = ['HealthCheckRequest', 'HealthCheckResponse'].map((name) =>
  root.lookupType(`grpc.health.v1.${name}`),
) as [ReturnType<typeof root.lookupType>, ReturnType<typeof root.lookupType>]
const SERVICES = ['', 'inference.GRPCInferenceService']

const state = (isServing: boolean) => ({ status: isServing ? 'SERVING' : 'NOT_SERVING' })

/** gRPC's health checking service. */
export class Health {
  readonly definition: ServiceDefinition = defineService(HEALTH)
  readonly #isServing: () => boolean
  readonly #watchers = new Set<Watcher>()

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
    try {
      const { service } = decode(REQUEST, call.request) as { service: string }
      if (!SERVICES.includes(service)) {
        call.write(encode(RESPONSE, { status: 'SERVICE_UNKNOWN' }))
      } else {
        this.#watchers.add(call)
        call.write(encode(RESPONSE, state(this.#isServing())))
      }
      call.once('cancelled', () => this.#watchers.delete(call))
    } catch {
      call.emit('error', {
        code: status.INVALID_ARGUMENT,
        details: 'the request is not a HealthCheckRequest',
      })
    }
  }

  /** Reports a change to those that watch. */
  changed(): void {
    for (const watcher of this.#watchers) watcher.write(encode(RESPONSE, state(this.#isServing())))
  }

  /** Ends the calls of those that watch, which would keep the server from stopping. */
  close(): void {
    for (const watcher of this.#watchers) watcher.emit('error', toStatus(notFound('the server stops')))
    this.#watchers.clear()
  }
}
