// The command onnxruntime-iobinding-server.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeIdentities } from './models.ts'

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

test.each([
  ['no repository', []],
  ['a port that is none', ['--model-repository', '.', '--http-port', 'x']],
  ['a folder that does not exist', ['--model-repository', './none']],
])('the command refuses %s', async (_, args) => {
  await expect(promisify(execFile)(process.execPath, [cli, ...args])).rejects.toMatchObject({ code: 1 })
})
