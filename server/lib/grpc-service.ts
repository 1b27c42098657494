import {
  type Metadata,
  type ServerUnaryCall,
  type ServiceDefinition,
  type StatusObject,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Method, Service } from 'protobufjs'
import { invalid, toRequestError } from './errors.js'
import { decode, encode, root } from './proto.js'

/** gRPC's code of an HTTP status. */
const CODES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  404: status.NOT_FOUND,
  413: status.RESOURCE_EXHAUSTED,
  415: status.INVALID_ARGUMENT,
  499: status.CANCELLED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
}

/** Details are a header, percent-encoded: clients refuse 8 KiB of headers, and Node.js ends a connection for 64 KiB. */
const MOST_DETAILS = 4096

/** A text that may have a client's names, as long as details may be. */
function bounded(text: string): string {
  let [end, size] = [0, 0]
  const wellFormed = text.slice(0, MOST_DETAILS).replace(/\p{Surrogate}/gu, '\ufffd')
  for (const character of wellFormed) {
    size += encodeURI(character).length
    if (size > MOST_DETAILS) break
    end += character.length
  }
  return end === text.length ? wellFormed : `${wellFormed.slice(0, end)}…`
}

/** The status of gRPC that reports an error. */
export function toStatus(error: unknown): { readonly code: status; readonly details: string } {
  const { status: http, message } = toRequestError(error)
  return { code: CODES[http] ?? status.INTERNAL, details: bounded(message) }
}

/** A call with one request and one response, in bytes. */
export type BytesCall = ServerUnaryCall<Buffer, Buffer>

const bytes = (value: Buffer) => value

/** The definition of a service whose handlers get and give bytes: a request that is invalid is INVALID_ARGUMENT then. */
export function defineService(service: Service): ServiceDefinition {
  const path = service.fullName.slice(1)
  return Object.fromEntries(
    service.methodsArray.map(({ name, requestStream, responseStream }) => [
      name,
      {
        path: `/${path}/${name}`,
        requestStream: requestStream === true,
        responseStream: responseStream === true,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    ]),
  )
}

type Callback = (error: Partial<StatusObject> | null, response?: Buffer, trailer?: Metadata) => void

/** A handler of a call with one request and one response. */
export const unary =
  (answer: (call: BytesCall) => Buffer | Promise<Buffer>) => async (call: BytesCall, callback: Callback) => {
    try {
      callback(null, await answer(call))
    } catch (error) {
      callback(toStatus(error))
    }
  }

/** Handlers of a service's calls, by their messages as objects. */
export function handlers(
  service: Service,
  answers: Readonly<Record<string, (request: never) => object>>,
): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => {
      const { resolvedRequestType, resolvedResponseType } = service.methods[name] as Method
      return [
        name,
        unary(({ request }) =>
          encode(resolvedResponseType!, answer(readMessage(resolvedRequestType!, request) as never)),
        ),
      ]
    }),
  )
}

type Message = Parameters<typeof decode>[0]

function readMessage(type: Message, bytes: Uint8Array): object {
  try {
    return decode(type, bytes)
  } catch {
    throw invalid(`the request is not a ${type.name}`)
  }
}

/** @param name with its package */
export const service = (name: string): Service => root.lookupService(name)
