import { Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js'
import { root } from '../dist/proto.js'

const bytes = (value: Buffer) => value
const SERVICE = '/inference.GRPCInferenceService'

/** The response's bytes, and the status's code. */
export interface GrpcAnswer {
  readonly code: number
  readonly message: string
  readonly bytes: Buffer | undefined
}

export const encode = (name: string, message: object): Buffer => {
  const type = root.lookupType(name)
  return Buffer.from(type.encode(type.fromObject(message)).finish())
}
export const decode = (name: string, bytes: Uint8Array): never => {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: Number, enums: String, defaults: true }) as never
}

/** Sends bytes to a server, and gets bytes. */
export class GrpcClient {
  readonly #client: Client

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  }

  /** @param path a method of the inference service, or a path */
  call(path: string, request: Buffer, metadata?: Metadata): Promise<GrpcAnswer> {
    const full = path.startsWith('/') ? path : `${SERVICE}/${path}`
    return new Promise((resolve) => {
      const done = (error: ServiceError | null, bytes?: Buffer) =>
        resolve({ code: error?.code ?? 0, message: error?.details ?? '', bytes })
      if (metadata === undefined) this.#client.makeUnaryRequest(full, bytes, bytes, request, done)
      else this.#client.makeUnaryRequest(full, bytes, bytes, request, metadata, done)
    })
  }

  stream() {
    return this.#client.makeBidiStreamRequest(`${SERVICE}/ModelStreamInfer`, bytes, bytes)
  }

  watch(service: string) {
    const request = encode('grpc.health.v1.HealthCheckRequest', { service })
    return this.#client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', bytes, bytes, request)
  }

  close(): void {
    this.#client.close()
  }
}

/** A request with x of FP32 in raw bytes. */
export const inferRequest = (x: readonly number[], more: object = {}): object => ({
  model_name: 'identity_FP32',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [x.length / 3, 3] }],
  raw_input_contents: [Buffer.from(Float32Array.from(x).buffer)],
  ...more,
})
