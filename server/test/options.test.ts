// The options of createServer and of the command: each error has a code, the option's name, and what was expected.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as http2 } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../dist/index.js'
import { PORTS } from './models.ts'

const modelRepository = mkdtempSync(join(tmpdir(), 'server-models-'))
afterAll(() => rmSync(modelRepository, { recursive: true }))

/** A server that starts would keep the test's process. */
async function failure(options: object): Promise<{ code?: string; message: string }> {
  try {
    await (await createServer(options as ServerOptions)).close()
  } catch (error) {
    return error as Error
  }
  return { message: 'the server starts' }
}

const NUMBERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  httpPort: [0, 65_535],
  grpcPort: [0, 65_535],
  metricsPort: [0, 65_535],
  grpcKeepaliveTimeMs: [1, 2 ** 31 - 1],
  grpcKeepaliveTimeoutMs: [1, 2 ** 31 - 1],
  grpcMaxConnectionAgeMs: [1, Math.floor((2 ** 31 - 1) / 1.1)],
  grpcMaxConnectionAgeGraceMs: [1, 2 ** 31 - 1],
  bodyLimit: [1, 2 ** 31 - 1],
  maxQueueSize: [1, 2 ** 24],
  drainMs: [0, 2 ** 31 - 1],
  exitTimeoutMs: [0, 2 ** 31 - 1],
}

test.each(Object.entries(NUMBERS))('%s is a whole number within its range', async (name, [least, most]) => {
  const expected = `expected an integer from ${least} to ${most}`
  for (const value of [Number.NaN, Infinity, -1, least - 1, most + 1, 1.5]) {
    const { code, message } = await failure({ modelRepository, ...PORTS, [name]: value })
    expect([name, value, code]).toEqual([name, value, 'ERR_INVALID_ARG_VALUE'])
    expect(message).toContain(`'${name}' is out of range: ${expected}, got ${value}. `)
  }
  for (const value of ['1', 1n, {}, [], true, Symbol('one')]) {
    const { code, message } = await failure({ modelRepository, ...PORTS, [name]: value })
    expect([code, message]).toEqual(['ERR_INVALID_ARG_TYPE', expect.stringContaining(`'${name}' is not a`)])
  }
})

test('the least and the most of each number are accepted', async () => {
  for (const end of [0, 1] as const) {
    const options = Object.fromEntries(Object.entries(NUMBERS).map(([name, range]) => [name, range[end]]))
    await using server = await createServer({ modelRepository, ...options, ...PORTS, drainMs: 0 })
    expect(server.httpPort).toBeGreaterThan(0)
  }
})

test.each([
  ['no options', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['no folder', {}, 'ERR_INVALID_ARG_TYPE'],
  ['an empty folder name', { modelRepository: '' }, 'ERR_INVALID_ARG_VALUE'],
  ['no folder of several', { modelRepository: [] }, 'ERR_INVALID_ARG_VALUE'],
  ['a folder of several that is none', { modelRepository: [modelRepository, 1] }, 'ERR_INVALID_ARG_TYPE'],
  [
    'a name for the models of several folders',
    { modelRepository: [modelRepository, '/'], modelName: 'm' },
    'ERR_INVALID_ARG_VALUE',
  ],
  ['a NUL', { modelRepository: '/tmp\0' }, 'ERR_INVALID_ARG_VALUE'],
  ['an address that is none', { modelRepository, httpAddress: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ['a hook that is none', { modelRepository, observe: {} }, 'ERR_INVALID_ARG_TYPE'],
  ['an unknown option', { modelRepository, port: 1 }, 'ERR_UNKNOWN_OPTION'],
  ['a folder that does not exist', { modelRepository: '/no/such/folder' }, 'ENOENT'],
])('%s is refused', async (_, options, code) => {
  expect(await failure(options as never)).toMatchObject({ code })
})

test('a gRPC client that does not answer a ping is disconnected, and one that does is not', async () => {
  await using server = await createServer({
    modelRepository,
    ...PORTS,
    grpcKeepaliveTimeMs: 50,
    grpcKeepaliveTimeoutMs: 300,
  })
  const living = http2(`http://127.0.0.1:${server.grpcPort}`)
  await once(living, 'connect')
  const dead = connect(server.grpcPort, '127.0.0.1')
  const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
  dead.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), SETTINGS]))
  dead.on('error', () => {})
  dead.resume()
  await once(dead, 'close')
  expect(living.destroyed).toBe(false)
  living.close()
})

test('the age of a gRPC connection is bounded, and its calls have their grace', async () => {
  await using server = await createServer({
    modelRepository,
    ...PORTS,
    grpcMaxConnectionAgeMs: 50,
    grpcMaxConnectionAgeGraceMs: 50,
  })
  const session = http2(`http://127.0.0.1:${server.grpcPort}`)
  session.on('error', () => {})
  const [code] = await once(session, 'goaway')
  expect(code).toBe(0)
  await once(session, 'close')
})
