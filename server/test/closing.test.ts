import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { createServer } from '../dist/index.js'
import { PORTS, writeModel } from './models.ts'

let modelRepository: string
beforeAll(() => {
  modelRepository = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(modelRepository, 'identity', identity('float32', ['n']))
})
afterAll(() => rmSync(modelRepository, { recursive: true }))

/** One whose end waits for its connections, however long. */
const start = () => createServer({ modelRepository, ...PORTS, exitTimeoutMs: 2 ** 31 - 1 })

const LENGTH = 6_000_000

/** Binary, and more of it than the kernel buffers. */
function largeRequest() {
  const size = 4 * LENGTH
  const header = JSON.stringify({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [LENGTH], parameters: { binary_data_size: size } }],
    outputs: [{ name: 'y', parameters: { binary_data: true } }],
  })
  const data = Buffer.alloc(size, 1)
  return { data, length: header.length, body: Buffer.concat([Buffer.from(header), data]) }
}

/** @returns the connection */
async function get(port: number, headers = {}): Promise<Socket> {
  const sent = request({ port, path: '/v2/health/live', agent: false, headers }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { socket } = response
  await buffer(response)
  return socket
}

/** Until then the server has not begun to end its connections. */
async function refusal(port: number): Promise<void> {
  try {
    for (;;) await get(port)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  }
}

test('a response that is being sent when the server closes arrives whole', async () => {
  const server = await start()
  const { data, length, body } = largeRequest()
  const sent = request({
    port: server.httpPort,
    method: 'POST',
    path: '/v2/models/identity/infer',
    headers: { 'inference-header-content-length': length },
  }).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const closed = server.close()
  await refusal(server.httpPort)
  const received = await buffer(response)
  expect(received).toHaveLength(Number(response.headers['content-length']))
  expect(received.subarray(-data.length).equals(data)).toBe(true)
  await closed
})

test('a response before what is not a request arrives whole', async () => {
  const server = await start()
  const { data, length, body } = largeRequest()
  const socket = connect(server.httpPort, '127.0.0.1')
  const head = `Host: s\r\nContent-Length: ${body.length}\r\nInference-Header-Content-Length: ${length}`
  socket.write(`POST /v2/models/identity/infer HTTP/1.1\r\n${head}\r\n\r\n`)
  socket.write(body)
  await once(socket, 'readable')
  for (let i = 0; i < 20; i++) {
    socket.write('not a request\r\n\r\n')
    await get(server.httpPort)
  }
  const received = await buffer(socket)
  const end = received.lastIndexOf('HTTP/1.1 400 Bad Request')
  expect(received.subarray(end - data.length, end).equals(data)).toBe(true)
  await server.close()
})

test('a request that is being received when the server closes is served', async () => {
  const server = await start()
  const socket = connect(server.httpPort, '127.0.0.1').setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write('GET /v2/health/live HTTP/1.1\r\nHost: server\r\n\r\n')
  await once(socket, 'data')
  socket.write('GET /v2 HTTP/1.1\r\n')
  await get(server.httpPort)
  const closed = server.close()
  await refusal(server.httpPort)
  socket.write('Host: server\r\n\r\n')
  await once(socket, 'close')
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200'])
  expect(text).toContain('"name":"onnxruntime-iobinding-server"')
  expect(text).toMatch(/connection: close(?!.*HTTP)/is)
  await closed
})

test('connections without a request do not keep a server from ending', async () => {
  const server = await start()
  const silent = connect(server.httpPort, '127.0.0.1')
  await once(silent, 'connect')
  const served = await get(server.httpPort, { connection: 'keep-alive' })
  const ended = [silent, served].map((one) => once(one, 'close'))
  await server.close()
  await Promise.all(ended)
})
