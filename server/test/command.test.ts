// The command onnxruntime-iobinding-server.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { writeIdentities, writeModel } from './models.ts'

let repository: string
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeIdentities(repository)
})
afterAll(() => rmSync(repository, { recursive: true }))

const cli = join(import.meta.dirname, '..', 'dist', 'cli.js')

test('the command serves a folder until SIGTERM', async () => {
  const args = [
    cli,
    '--model-repository',
    repository,
    '--http-port',
    '0',
    '--grpc-port',
    '0',
    '--metrics-port',
    '0',
    '--drain-ms',
    '0',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes('listening')) break
  }
  const port = Number(/port (\d+)/.exec(output)![1])
  const live = request({ port, path: '/v2/health/ready', agent: false }).end()
  const [response] = await once(live, 'response')
  expect(response.statusCode).toBe(200)
  response.resume()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

const EVIL = '\x1b]0;title\x07\u202e\nlistening on port 1'
const ESCAPED = String.raw`\u001b]0;title\u0007\u202e\nlistening on port 1`

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command, which refuses its arguments. */
const refused = (args: readonly string[]): Promise<Ended> =>
  promisify(execFile)(process.execPath, [cli, ...args]).then(
    () => expect.unreachable('the command starts'),
    (error: Ended) => error,
  )

test.each([
  ['no repository', [], '--model-repository is missing'],
  ['an empty repository', ['--model-repository='], "invalid '--model-repository'"],
  ['a port that is none', ['--model-repository', '.', '--http-port', 'x'], "'--http-port' is not a number"],
  [
    'a port beyond the last',
    ['--model-repository', '.', '--grpc-port', '65536'],
    "'--grpc-port' is out of range: expected an integer from 0 to 65535, got 65536. 0 is any port that is free",
  ],
  [
    'a negative time',
    ['--model-repository', '.', '--drain-ms=-1'],
    "'--drain-ms' is out of range: expected an integer from 0 to 2147483647, got -1",
  ],
  [
    'a time that no timer has',
    ['--model-repository', '.', '--exit-timeout-secs', '2147484'],
    "'--exit-timeout-secs' is out of range: expected an integer from 0 to 2147483, got 2147484",
  ],
  [
    'a fraction',
    ['--model-repository', '.', '--grpc-keepalive-time', '0.5'],
    "'--grpc-keepalive-time' is out of range",
  ],
  [
    'a number that is given twice',
    ['--model-repository=.', '--http-port=1', '--http-port=2'],
    '--http-port is given 2 times, expected once',
  ],
  [
    'a name for the models of two folders',
    ['--model-repository=.', '--model-repository=..', '--model-name=m'],
    "'modelName' (--model-name) needs one folder: expected one model repository, got 2",
  ],
  ['a folder that does not exist', ['--model-repository', './none'], 'ENOENT'],
  ['a second folder that does not exist', ['--model-repository=.', '--model-repository=./none'], 'ENOENT'],
  ['an unknown option', ['--none'], "Unknown option '--none'"],
  ['control characters', ['--model-repository', `/none${EVIL}`], `/none${ESCAPED}`],
  ['control characters in an option', [`--none${EVIL}`], `--none${ESCAPED}`],
  ['control characters in a number', ['--model-repository=.', `--http-port=${EVIL}`], 'u001b'],
])('the command refuses %s', async (_, args, message) => {
  const { code, stdout, stderr } = await refused(args)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^listening on/mu)
})

test('the command serves several folders, and no model that two of them have', async () => {
  const models = ['one', 'two'].map((name) => {
    const folder = mkdtempSync(join(tmpdir(), 'server-models-'))
    writeModel(folder, name, identity('float32', ['n', 3]))
    writeModel(folder, 'both', identity('float32', ['n', 3]))
    return folder
  })
  const ports = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0']
  // The same folder by two paths is one.
  const folders = [...models, `${models[0]}/.`].flatMap((folder) => ['--model-repository', folder])
  const args = [cli, ...folders, ...ports, '--drain-ms', '0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes('listening')) break
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  for (const folder of models) rmSync(folder, { recursive: true })
  expect(output).toMatch(/^both - UNAVAILABLE 2 of the repositories have it.*\none 1 READY \ntwo 1 READY \n/)
})

test('the names of models and the reasons of their failures are printed with escapes', async () => {
  const models = mkdtempSync(join(tmpdir(), 'server-models-'))
  mkdirSync(join(models, `model${EVIL}`, '1'), { recursive: true })
  const named = identity('float32', ['n', 3])
  writeModel(models, 'configured', named, `output [ { name: "y\\033[2J\\nlistening on port 2" } ]`)
  const ports = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0']
  const args = [cli, '--model-repository', models, ...ports, '--drain-ms', '0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (/^listening on port \d+ \(/m.test(output)) break
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  rmSync(models, { recursive: true })
  expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^listening on port 2/mu)
  expect(output).toContain(`model${ESCAPED} 1 UNAVAILABLE its name has other characters`)
  expect(output).toContain(String.raw`the model has no output 'y\u001b[2J\nlistening on port 2'`)
})

test('connections that send nothing keep the command from ending no longer than the exit timeout', async () => {
  const models = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(models, 'identity', identity('float32', ['n', 3]))
  const ports = ['--http-port', '0', '--grpc-port', '0', '--metrics-port', '0']
  const times = ['--drain-ms', '0', '--exit-timeout-secs', '1']
  const child = spawn(process.execPath, [cli, '--model-repository', models, ...ports, ...times], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let listening: RegExpExecArray | null = null
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    listening = /^listening on port (\d+) \(gRPC (\d+)/m.exec(output)
    if (listening) break
  }
  const silent = [listening![1], listening![2]].map((port) => connect(Number(port), '127.0.0.1'))
  for (const socket of silent) socket.on('error', () => {})
  await Promise.all(silent.map((socket) => once(socket, 'connect')))
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  for (const socket of silent) socket.destroy()
  rmSync(models, { recursive: true })
})
