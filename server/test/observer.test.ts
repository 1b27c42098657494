import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Metadata } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { createServer, type Observer } from '../dist/index.js'
import { encode, GrpcClient, inferRequest } from './grpc-client.ts'
import { PORTS, writeModel } from './models.ts'

/** Sends a request over each protocol to a model that exists, and to one that does not. */
async function ask(observe: Observer): Promise<number[]> {
  const repository = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(repository, 'identity_FP32', identity('float32', ['n', 3]))
  await using server = await createServer({ modelRepository: repository, ...PORTS, observe })
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] })
  const post = async (model: string) => {
    const path = `http://127.0.0.1:${server.httpPort}/v2/models/${model}/infer`
    const response = await fetch(path, { method: 'POST', body, headers: { traceparent: 'h' } })
    await response.arrayBuffer()
    return response.status
  }
  const client = new GrpcClient(server.grpcPort)
  const metadata = new Metadata()
  metadata.set('traceparent', 'g')
  const call = async (more: object) =>
    (
      await client.call(
        'ModelInfer',
        encode('inference.ModelInferRequest', inferRequest([1, 2, 3], more)),
        metadata,
      )
    ).code
  const codes = [
    await post('identity_FP32'),
    await post('none'),
    await call({}),
    await call({ model_name: 'none' }),
  ]
  client.close()
  rmSync(repository, { recursive: true })
  return codes
}

const ENDS = [200, 404, 0, 5]

test('the hook gets each request with its headers, and how it ended', async () => {
  const seen: unknown[] = []
  const codes = await ask(({ protocol, model, version, header }) => ({ status, message }) => {
    seen.push([protocol, model, version, header('traceparent'), status, message !== undefined])
  })
  expect(codes).toEqual(ENDS)
  expect(seen).toEqual([
    ['http', 'identity_FP32', '', 'h', 200, false],
    ['http', 'none', '', 'h', 404, true],
    ['grpc', 'identity_FP32', '', 'g', 200, false],
    ['grpc', 'none', '', 'g', 404, true],
  ])
})

test.each([
  ['when a request begins', () => fail()],
  ['when a request ends', () => fail],
] as [string, Observer][])(
  'an exception of the hook %s is a warning, and fails no request',
  async (_, observe) => {
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => warnings.push(message)
    process.on('warning', onWarning)
    expect(await ask(observe)).toEqual(ENDS)
    await new Promise(setImmediate)
    process.off('warning', onWarning)
    expect(warnings.filter((message) => message.includes('observe threw: Error: of the hook'))).toHaveLength(
      1,
    )
  },
)

function fail(): never {
  throw new Error('of the hook')
}
