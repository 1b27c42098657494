// The client, the same for all servers: callers that each ask again as soon as they have an answer.
import { Agent, request } from 'node:http'
import { Client, credentials } from '@grpc/grpc-js'
import { encode, root } from '../../../server/dist/proto.js'
import { makeData } from '../../targets/services.mjs'

const DATATYPES = { float32: 'FP32', int64: 'INT64' }
const RESPONSE = root.lookupType('inference.ModelInferResponse')

/** @typedef {import('../../targets/services.mjs').Input} Input */
/** @typedef {() => Promise<number>} Ask answers with the sum of the first output */

const sum = (data) => data.reduce((total, x) => total + x, 0)
const floats = (bytes) => new Float32Array(new Uint8Array(bytes).buffer)

/** @param {Input[]} inputs */
const tensors = (inputs) =>
  inputs.map((input, i) => ({
    name: input.name,
    datatype: DATATYPES[input.type],
    shape: input.dims,
    data: makeData(input, i),
  }))

/** A request of one row, and how to read the answer. @param {'binary' | 'JSON'} kind */
function httpRequest(inputs, kind) {
  const all = tensors(inputs)
  if (kind === 'JSON') {
    const json = { inputs: all.map(({ data, ...rest }) => ({ ...rest, data: Array.from(data, Number) })) }
    const read = (bytes) => sum(JSON.parse(bytes).outputs[0].data.flat())
    return { body: Buffer.from(JSON.stringify(json)), headers: { 'content-type': 'application/json' }, read }
  }
  const parts = all.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  const described = all.map(({ data, ...rest }, i) => ({
    ...rest,
    parameters: { binary_data_size: parts[i].length },
  }))
  const header = JSON.stringify({ inputs: described, parameters: { binary_data_output: true } })
  const read = (bytes, response) =>
    sum(floats(bytes.subarray(Number(response['inference-header-content-length']))))
  return {
    body: Buffer.concat([Buffer.from(header), ...parts]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': Buffer.byteLength(header),
    },
    read,
  }
}

/** @returns {{ ask: Ask, close: () => void }} */
export function connect({ httpPort, grpcPort }, model, kind) {
  if (kind === 'gRPC') return connectGrpc(grpcPort, model)
  const agent = new Agent({ keepAlive: true })
  const { body, headers, read } = httpRequest(model.inputs, kind)
  const options = {
    host: '127.0.0.1',
    port: httpPort,
    path: `/v2/models/${model.id}/infer`,
    method: 'POST',
    headers: { ...headers, 'content-length': body.length },
    agent,
  }
  const ask = () =>
    new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          if (response.statusCode === 200) resolve(read(bytes, response.headers))
          else reject(new Error(`${response.statusCode}: ${bytes}`))
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  return { ask, close: () => agent.destroy() }
}

function connectGrpc(port, { id, inputs }) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const all = tensors(inputs)
  const bytes = encode(root.lookupType('inference.ModelInferRequest'), {
    model_name: id,
    inputs: all.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    raw_input_contents: all.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  })
  const same = (value) => value
  const ask = () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        '/inference.GRPCInferenceService/ModelInfer',
        same,
        same,
        bytes,
        (error, answer) => {
          if (error) return reject(error)
          const { raw_output_contents } = /** @type {any} */ (RESPONSE.decode(answer))
          resolve(sum(floats(raw_output_contents[0])))
        },
      )
    })
  return { ask, close: () => client.close() }
}
