// Three servers behind a balancer, one of which ends under load. TEST_SERVER_FACTOR above 1: each balancer, each end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { identity } from '../../test/helpers/model-builder.mjs'
import { type Balancer, haproxy, isInstalled, nginx, startBalancer } from './balancers.ts'
import { writeModel } from './models.ts'

const FACTOR = Number(process.env.TEST_SERVER_FACTOR ?? 1)
const SIZE = 64
const CALLERS = 8

let repository: string
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'server-models-'))
  writeModel(repository, 'm', identity('float32', ['n', SIZE]), 'max_batch_size: 8 dynamic_batching { }')
})
afterAll(() => rmSync(repository, { recursive: true }))

interface Process {
  readonly child: ChildProcess
  readonly port: number
}

async function startServer(): Promise<Process> {
  const cli = join(import.meta.dirname, '..', 'dist', 'cli.js')
  const ports = ['http', 'grpc', 'metrics'].flatMap((name) => [`--${name}-port`, '0'])
  const args = [cli, '--model-repository', repository, ...ports, '--drain-ms', '4000']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout!) {
    output += chunk
    if (output.includes('listening')) break
  }
  return { child, port: Number(/port (\d+)/.exec(output)![1]) }
}

/** Sends a row, and compares the answer. */
function ask(agent: Agent, port: number, row: number): Promise<'right' | 'wrong' | 'lost'> {
  const data = Buffer.from(new Float32Array(SIZE).map((_, i) => row + i / SIZE).buffer)
  const json = Buffer.from(
    JSON.stringify({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, SIZE], parameters: { binary_data_size: data.length } },
      ],
      parameters: { binary_data_output: true },
    }),
  )
  return new Promise((resolve) => {
    const headers = {
      'inference-header-content-length': json.length,
      'content-length': json.length + data.length,
    }
    const call = request({ agent, port, method: 'POST', path: '/v2/models/m/infer', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', () => resolve('lost'))
      response.on('end', () => {
        if (response.statusCode !== 200) return resolve('lost')
        const body = Buffer.concat(chunks)
        const at = Number(response.headers['inference-header-content-length'])
        resolve(body.subarray(at).equals(data) ? 'right' : 'wrong')
      })
    })
    call.on('error', () => resolve('lost'))
    call.end(Buffer.concat([json, data]))
  })
}

const all: [Balancer, signal: 'SIGTERM' | 'SIGKILL', retries: boolean][] = [
  [haproxy, 'SIGKILL', true],
  [haproxy, 'SIGTERM', false],
  [nginx, 'SIGKILL', true],
  [nginx, 'SIGTERM', true],
]
const cases = FACTOR > 1 ? all : all.slice(0, 1)

for (const [balancer, signal, retries] of cases) {
  const missing = isInstalled(balancer) ? '' : ` (skipped: no ${balancer.name})`
  if (missing !== '') console.log(`SKIPPED: ${balancer.name} is not installed`)
  const how = retries ? 'with retries' : 'without retries'
  test.skipIf(missing !== '')(
    `no answer is lost or wrong behind ${balancer.name} ${how}, while ${signal} ends a server${missing}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'server-balancer-'))
      const servers = await Promise.all([startServer(), startServer(), startServer()])
      const { port, child } = await startBalancer(
        balancer,
        servers.map((one) => one.port),
        folder,
        retries,
      )
      const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
      const answers = { right: 0, wrong: 0, lost: 0 }
      let [asked, isDone] = [0, false]
      const callers = Array.from({ length: CALLERS }, async () => {
        while (!isDone) ++answers[await ask(agent, port, asked++)]
      })
      const until = async (count: number) => {
        while (answers.right + answers.wrong + answers.lost < count)
          await new Promise((resolve) => setTimeout(resolve, 20))
      }
      try {
        await until(300)
        const ended = once(servers[0]!.child, 'exit')
        servers[0]!.child.kill(signal)
        await ended
        await until(asked + 300)
        isDone = true
        await Promise.all(callers)
        expect(answers).toMatchObject({ wrong: 0, lost: 0 })
        expect(answers.right).toBeGreaterThan(600)
      } finally {
        isDone = true
        agent.destroy()
        for (const one of [child, ...servers.map((server) => server.child)]) one.kill('SIGKILL')
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
}
