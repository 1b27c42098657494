// The service as a process, under more requests than it accepts: correct answers, rejections with Retry-After, and a clean
// shutdown.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import { afterEach, expect, test } from 'vitest'
import { modelCases } from '../helpers/cases.mjs'
import { int64 } from '../helpers/values.ts'
import { root } from './examples.ts'

const script = join(root, 'examples', 'http-service/server.mjs')
const model = join(modelCases().find(({ id }) => id === 'tiny_bert')!.dir, 'model.onnx')

interface Service {
  readonly url: string
  /** Stops the service and returns its exit code and output. */
  stop(): Promise<{ code: number | null; printed: string; errors: string }>
}

let running: ChildProcess | undefined
afterEach(() => {
  running?.kill('SIGKILL')
})

async function start(...args: string[]): Promise<Service> {
  const child = spawn(process.execPath, [script, '--model', model, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running = child
  let [printed, errors] = ['', '']
  const ended = once(child, 'close')
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text
      const found = /^listening on (\S+)$/m.exec(printed)
      if (found !== null) resolve(found[1]!)
    })
    ended.then(() => reject(new Error(`the service ended: ${errors}`)), reject)
  })
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      return { code, printed, errors }
    },
  }
}

const classify = ({ url }: Service, body: unknown) =>
  fetch(`${url}/classify`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

interface Answer {
  readonly logits: number[]
}

/** Distinct texts of 1 to 128 tokens. */
const texts = Array.from({ length: 60 }, (_, i) =>
  Array.from({ length: 1 + ((i * 37) % 128) }, (_, token) => (i * 31 + token * 17) % 1000),
)

async function expectedLogits(): Promise<number[][]> {
  await using session = await InferenceSession.create(model)
  const all: number[][] = []
  for (const ids of texts) {
    const dims = [1, ids.length]
    const { output_0 } = await session.run({
      input_0: int64(ids, dims),
      input_1: int64(new Array(ids.length).fill(1), dims),
    })
    all.push(Array.from(output_0!.data as Float32Array))
  }
  return all
}

const closed = { code: 0, errors: '', printed: expect.stringMatching(/^listening on \S+\nclosed\n$/) }

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4)
}

test('answers what it can, rejects the rest at once, and every answer is correct', async () => {
  const expected = await expectedLogits()
  const service = await start('--bindings', '2', '--queue', '4')
  let [answered, refused] = [0, 0]
  // A burst of requests, repeated if all of them were accepted.
  for (let burst = 0; burst < 20 && refused === 0; ++burst) {
    await Promise.all(
      [...texts, ...texts, ...texts].map(async (ids, i) => {
        const response = await classify(service, { ids })
        const body = await response.json()
        if (response.status === 503) {
          ++refused
          expect(response.headers.get('retry-after')).toBe('1')
          expect(body).toEqual({ error: 'too many requests are waiting' })
          return
        }
        ++answered
        expect(response.status).toBe(200)
        expectClose((body as Answer).logits, expected[i % texts.length]!)
      }),
    )
  }
  expect(refused).toBeGreaterThan(0)
  expect(answered).toBeGreaterThan(0)
  // It still works.
  const response = await classify(service, { ids: texts[0] })
  expectClose(((await response.json()) as Answer).logits, expected[0]!)
  expect(await service.stop()).toEqual(closed)
})

test('answers the requests in flight before it stops', async () => {
  const expected = await expectedLogits()
  const service = await start('--bindings', '1', '--queue', '1000')
  const pending = texts.map((ids) => classify(service, { ids }))
  await Promise.race(pending)
  const ended = service.stop()
  const responses = await Promise.allSettled(pending)
  // The system refuses a connection that was not accepted yet.
  const answered = responses.flatMap((result, i) =>
    result.status === 'fulfilled' ? [[result.value, i] as const] : [],
  )
  expect(answered.length).toBeGreaterThan(0)
  for (const [response, i] of answered) {
    expect(response.status).toBe(200)
    expectClose(((await response.json()) as Answer).logits, expected[i]!)
  }
  expect(await ended).toEqual(closed)
  await expect(classify(service, { ids: [1] })).rejects.toThrow()
})

test('rejects invalid requests with a reason, and continues', async () => {
  const service = await start()
  const status = async (body: unknown) => (await classify(service, body)).status
  expect(await status('no JSON')).toBe(400)
  expect(await status({})).toBe(400)
  expect(await status({ ids: [] })).toBe(400)
  expect(await status({ ids: ['7'] })).toBe(400)
  expect(await status({ ids: [1.5] })).toBe(400)
  expect(await status({ ids: new Array(129).fill(1) })).toBe(400)
  expect(await status({ ids: [1e6] })).toBe(400) // no such token
  expect(await status(' '.repeat(20_000))).toBe(413)
  expect((await fetch(`${service.url}/else`)).status).toBe(404)
  expect(await status({ ids: [1] })).toBe(200)
  expect(await service.stop()).toEqual(closed)
})

test('a client that disconnects frees its place', async () => {
  const service = await start('--bindings', '1', '--queue', '2')
  const { hostname, port } = new URL(service.url)
  const body = JSON.stringify({ ids: texts[0] })
  for (let i = 0; i < 50; ++i) {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(`POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    socket.destroy()
  }
  for (let i = 0; i < 20; ++i) expect((await classify(service, { ids: texts[i] })).status).toBe(200)
  expect(await service.stop()).toEqual(closed)
})
