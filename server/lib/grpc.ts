import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Type } from 'protobufjs'
import { toBytes } from './datatypes.js'
import { cancelled, unsupported } from './errors.js'
import { Health } from './grpc-health.js'
import { type GrpcRequest, readRequest } from './grpc-request.js'
import { type BytesCall, defineService, handlers, service, toStatus, unary } from './grpc-service.js'
import { Streams } from './grpc-stream.js'
import { EXTENSIONS, metadata } from './metadata.js'
import type { NamedTensor } from './model.js'
import { type ObservedRequest, type Observer, observed } from './observer.js'
import type { ServerOptions } from './options.js'
import { root } from './proto.js'
import type { Repository } from './repository.js'

export interface GrpcOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** The most bytes of a message, also when it is inflated. */
  readonly bodyLimit: number
  /** When the connection of a client ends. */
  readonly connections: Pick<
    ServerOptions,
    | 'grpcKeepaliveTimeMs'
    | 'grpcKeepaliveTimeoutMs'
    | 'grpcMaxConnectionAgeMs'
    | 'grpcMaxConnectionAgeGraceMs'
  >
  readonly isDraining: () => boolean
  readonly observe: Observer | undefined
}

export interface GrpcServer {
  readonly port: number
  /** Reports that the server is not ready anymore. */
  drain(): void
  /** GOAWAY, and the end when the calls in flight are answered, at the latest after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>
}

type Stream = ServerDuplexStream<Buffer, Buffer>

interface InferService {
  readonly repository: Repository
  readonly observe: Observer | undefined
}

interface Named {
  readonly name: string
  readonly version: string
}

const INFERENCE = service('inference.GRPCInferenceService')
const RESPONSE = root.lookupType('inference.ModelInferResponse')
const STREAM_RESPONSE = root.lookupType('inference.ModelStreamInferResponse')
const REFUSED = /^(Repository.*oad|SystemSharedMemory|CudaSharedMemory|TraceSetting|LogSettings)/

/** The gRPC API of the Open Inference Protocol, with Triton's extensions, and gRPC's health service. */
export async function startGrpc(
  repository: Repository,
  info: { name: string; version: string },
  options: GrpcOptions,
): Promise<GrpcServer> {
  const { host, port, bodyLimit, connections, isDraining, observe } = options
  const server = new Server({
    'grpc.max_receive_message_length': bodyLimit,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 1024,
    ...connectionOptions(connections),
  })
  const isReady = () => repository.isReady && !isDraining()
  const streams = new Streams()
  const health = new Health(isReady)
  server.addService(defineService(INFERENCE), {
    ...descriptions(repository, info, isReady, isDraining),
    ...refusals(),
    ModelInfer: unary(async (call) => encodeResponse(RESPONSE, await infer({ repository, observe }, call))),
    ModelStreamInfer: (call: Stream) =>
      streams.serve(call, (request, signal) => streamInfer({ repository, observe }, call, request, signal)),
  })
  server.addService(health.definition, health.implementation)
  return {
    port: await bind(server, host, port),
    drain: () => health.changed(),
    close: (timeoutMs) => {
      health.close()
      streams.close()
      return shutDown(server, timeoutMs)
    },
  }
}

function connectionOptions(options: GrpcOptions['connections']): object {
  const { grpcKeepaliveTimeMs = 60_000, grpcKeepaliveTimeoutMs = 20_000, grpcMaxConnectionAgeMs } = options
  const { grpcMaxConnectionAgeGraceMs = grpcMaxConnectionAgeMs } = options
  return {
    'grpc.keepalive_time_ms': grpcKeepaliveTimeMs,
    'grpc.keepalive_timeout_ms': grpcKeepaliveTimeoutMs,
    // So that a balancer spreads connections.
    ...(grpcMaxConnectionAgeMs !== undefined && { 'grpc.max_connection_age_ms': grpcMaxConnectionAgeMs }),
    ...(grpcMaxConnectionAgeGraceMs !== undefined && {
      'grpc.max_connection_age_grace_ms': grpcMaxConnectionAgeGraceMs,
    }),
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
}

/** How long calls that are ended take to be so. */
const FORCED_MS = 200

function shutDown(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(() => {
      server.forceShutdown()
      // It does not end a connection that has sent nothing.
      timer = setTimeout(resolve, FORCED_MS)
    }, timeoutMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Calls about the server and its models. */
function descriptions(
  repository: Repository,
  info: { name: string; version: string },
  isReady: () => boolean,
  isDraining: () => boolean,
): UntypedServiceImplementation {
  const model = ({ name, version }: Named) => repository.model(name, version)
  return handlers(INFERENCE, {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: isReady() }),
    ServerMetadata: () => ({ ...info, extensions: EXTENSIONS }),
    ModelReady: ({ name, version }: Named) => ({ ready: repository.has(name, version) && !isDraining() }),
    ModelMetadata: (request: Named) => metadata(model(request)),
    ModelConfig: (request: Named) => ({ config: model(request).config }),
    ModelStatistics: (request: Named) => ({
      model_stats: (request.name === '' ? repository.models : [model(request)]).map(({ stats }) => stats),
    }),
    RepositoryIndex: ({ ready }: { readonly ready: boolean }) => ({
      models: repository.index.filter(({ state }) => !ready || state === 'READY'),
    }),
  })
}

/** Calls that the server does not have, with the reason. */
function refusals(): UntypedServiceImplementation {
  const refuse = unary(() => {
    throw unsupported(
      'the server does not load or unload models by requests, and has no shared memory, traces and log settings',
    )
  })
  return Object.fromEntries(
    INFERENCE.methodsArray.filter(({ name }) => REFUSED.test(name)).map(({ name }) => [name, refuse]),
  )
}

/** Runs a request until its client leaves, or its deadline, which gRPC ends in the same way. */
async function infer(service: InferService, call: BytesCall): Promise<object> {
  const request = readRequest(call.request)
  const controller = new AbortController()
  call.once('cancelled', () => controller.abort(cancelled()))
  return run(service, call.metadata, request, controller.signal)
}

function run(
  { repository, observe }: InferService,
  headers: Metadata,
  request: GrpcRequest,
  signal: AbortSignal,
): Promise<object> {
  const observable: ObservedRequest = {
    protocol: 'grpc',
    model: request.modelName,
    version: request.modelVersion,
    header: (name) => headers.get(name)[0]?.toString(),
  }
  return observed(observe, observable, () => runModel(repository, request, signal))
}

async function runModel(repository: Repository, request: GrpcRequest, signal: AbortSignal): Promise<object> {
  const model = repository.model(request.modelName, request.modelVersion)
  const { inputs, outputs, timeoutMs, priority } = request.tensors()
  const results = await model.infer(inputs, outputs, { timeoutMs, priority, signal })
  return {
    model_name: model.name,
    model_version: model.version,
    id: request.id,
    outputs: results.map(({ name, type, shape }: NamedTensor) => ({ name, datatype: type.name, shape })),
    raw_output_contents: results.map(({ data }) => toBytes(data)),
  }
}

/** Never rejects: the error of a request is its response. */
async function streamInfer(
  service: InferService,
  call: Stream,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  let id = ''
  try {
    const request = readRequest(bytes)
    id = request.id
    const response = await run(service, call.metadata, request, signal)
    const parameters = { triton_final_response: { bool_param: true } }
    return encodeResponse(STREAM_RESPONSE, { infer_response: { ...response, parameters } })
  } catch (error) {
    return encodeResponse(STREAM_RESPONSE, {
      error_message: toStatus(error).details,
      infer_response: { id },
    })
  }
}

/** The message has its fields' types already: nothing is converted. */
const encodeResponse = (type: Type, message: object): Buffer => type.encode(message).finish() as Buffer
