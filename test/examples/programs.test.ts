// The examples as a user runs them, on real models. Their output is compared with independent results.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { texts } from '../../examples/language.mjs'
import { modelCases } from '../helpers/cases.mjs'
import { int64 } from '../helpers/values.ts'
import { runScript } from '../native/child.ts'
import { temporaryFolder } from '../native/package-copy.ts'
import { exampleFiles, root, tsc } from './examples.ts'

const modelDir = (id: string) => modelCases().find((model) => model.id === id)!.dir
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** Of the texts of examples/language.mjs. */
const languages = ['en', 'de', 'fr', 'it', 'pt', 'fi', 'pl', 'ru']

/** The lines that an example prints. */
async function run(file: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runScript(join(root, 'examples', file), args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

test.each(['voice', 'decoders'])("scripts/models/%s.mjs makes the package's models", async (script) => {
  const folder = temporaryFolder()
  const ended = await runScript(join(root, 'scripts', 'models', `${script}.mjs`), [folder])
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const made = readdirSync(folder)
  expect(made.length).toBeGreaterThan(0)
  for (const file of made) {
    const committed = readFileSync(join(root, 'examples', 'models', file))
    expect(readFileSync(join(folder, file)).equals(committed), file).toBe(true)
  }
})

test('the examples compile', () => {
  const files = exampleFiles().filter(({ path }) => path.endsWith('.mjs'))
  const paths = files.map(({ path }) => join(root, 'examples', path))
  expect(paths.length).toBeGreaterThan(6)
  expect(tsc(paths, ['--allowJs', '--checkJs', '--noEmit', '--strict', 'false'])).toBe('')
})

test('latency-path.mjs recognizes the language of each text', async () => {
  expect(await run('latency-path.mjs')).toEqual(texts.map((text, i) => `${languages[i]}  ${text}`))
  const own = ['Waar is het station, alstublieft?', 'Kde je vlakové nádraží?']
  expect(await run('latency-path.mjs', ...own)).toEqual([`nl  ${own[0]}`, `cs  ${own[1]}`])
})

test('latency-path.mjs rejects a text that is too long', async () => {
  const script = join(root, 'examples', 'latency-path.mjs')
  const { code, stderr } = await runScript(script, ['a'.repeat(129)])
  expect(code).toBe(1)
  expect(stderr).toContain('RangeError: a text has at most 128 tokens, not 129')
})

const speech = join(root, 'scripts', 'demo', 'speech.wav')
const silero = join(modelDir('silero_v6'), 'model.onnx')

test('recurrent-state.mjs detects the same speech as session.run with a passed state', async () => {
  const wav = readFileSync(speech).subarray(44)
  const audio = Float32Array.from({ length: wav.length >> 1 }, (_, i) => wav.readInt16LE(2 * i) / 32768)
  await using session = await InferenceSession.create(silero)
  const padded = new Float32Array(64 + audio.length)
  padded.set(audio, 64)
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128])
  const speaks: boolean[] = []
  for (let at = 0; at + 576 <= padded.length; at += 512) {
    const input = new Tensor('float32', padded.slice(at, at + 576), [1, 576])
    const { output, stateN } = await session.run({ input, state, sr: int64([16000], []) })
    state = stateN as typeof state
    speaks.push((output!.data[0] as number) >= 0.5)
  }
  const changes = [...speaks, false].flatMap((now, i) => (now === (speaks[i - 1] ?? false) ? [] : [i]))
  const seconds = (chunk: number) => `${((chunk * 512) / 16000).toFixed(2)} s`
  const expected = changes.flatMap((start, i) =>
    i % 2 === 0 ? [`speech from ${seconds(start)} to ${seconds(changes[i + 1]!)}`] : [],
  )
  expect(expected.length).toBeGreaterThan(0)
  expect(await run('recurrent-state.mjs', speech, silero)).toEqual(expected)
})

test("the package's detector hears the speech that Silero VAD hears", async () => {
  const times = (lines: readonly string[]) =>
    lines.map((line) => line.match(/\d+\.\d+/g)!.map(Number) as [number, number])
  // Silero VAD also hears the breath after both parts.
  const ours = times(await run('recurrent-state.mjs'))
  const theirs = times(await run('recurrent-state.mjs', join(root, 'examples', 'speech.wav'), silero))
  expect(ours.length).toBe(2)
  for (const [i, [from, to]] of ours.entries()) {
    expect(Math.abs(from - theirs[i]![0])).toBeLessThan(0.1)
    expect(Math.abs(to - theirs[i]![1])).toBeLessThan(0.1)
  }
})

test.each([
  ['the package', []],
  ['Silero VAD', [join(root, 'examples', 'speech.wav'), silero]],
])(
  'voice-hub.mjs hears in each stream what recurrent-state.mjs hears, by the model of %s',
  async (_, args) => {
    const alone = (await run('recurrent-state.mjs', ...args)).map((line) => line.slice('speech from '.length))
    const lines = await run('voice-hub.mjs', '4', ...args)
    expect(lines[0]).toBe(`stream 0: speech from ${alone.join(', ')}`)
    const [, chunks, runs] = /^(\d+) chunks of 4 streams in (\d+) runs$/.exec(lines.at(-1)!)!.map(Number)
    expect(chunks).toBe(65 + 64 + 63 + 62)
    // The four go together until the shortest stream has ended.
    expect(runs).toBeLessThan(120)
  },
)

test.each([
  ['kv-cache/growing-cache.mjs', 'tiny_gpt2_dyn_f32'],
  ['kv-cache/static-cache.mjs', 'tiny_llama_static_f32'],
])('%s decodes the same tokens as without a cache, and as PyTorch', async (file, id) => {
  const { prompt, greedy } = readJson(modelDir(id), 'greedy.json')
  const tokens = greedy.join(' ')
  const lines = await run(file, join(modelDir(id), 'model.onnx'), prompt.join())
  expect(lines).toEqual([`with a cache    ${tokens}`, `without         ${tokens}`])
  // The package's own models continue a text.
  const text = 'Bind once, run many. Bind once, run many. Bind on'
  expect(await run(file)).toEqual([`with a cache    ${text}`, `without         ${text}`])
})

test('cancellation.mjs cancels runs and leaves the others alone', async () => {
  expect(await run('cancellation.mjs')).toEqual([
    'deadline: TimeoutError',
    'queued: the client disconnected',
    'the run before it: completed',
    'either: AbortError',
    'afterwards: the same results',
  ])
})

test('model-swap.mjs loses no request while a model takes the place of another', async () => {
  const lines = await run('model-swap.mjs', '3')
  expect(lines.slice(0, 3)).toEqual([1, 2, 3].map((swap) => `swap ${swap}: requests were answered meanwhile`))
  const [, answered] = /^(\d+) requests: 0 lost, 0 wrong$/.exec(lines.at(-1)!)!.map(Number)
  expect(answered).toBeGreaterThan(0)
})

test.each([1, 3])('worker-threads.mjs returns the same results on %i workers', async (workers) => {
  expect(await run('worker-threads.mjs', String(workers))).toEqual([
    `${texts.length} texts on ${workers} workers: the same results`,
  ])
})
