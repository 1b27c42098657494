// The examples as a user runs them, on real models. Their output is compared with independent results.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { modelCases } from '../helpers/cases.mjs'
import { int64 } from '../helpers/values.ts'
import { runScript } from '../native/child.ts'
import { temporaryFolder } from '../native/package-copy.ts'
import { exampleFiles, root, tsc } from './examples.ts'

const dirOf = (id: string) => modelCases().find((model) => model.id === id)!.dir
const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** The lines that an example prints. */
async function run(file: string, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runScript(join(root, 'examples', file), args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trimEnd().split('\n')
}

test('the examples compile', () => {
  const files = exampleFiles().filter(({ path }) => path.endsWith('.mjs'))
  const paths = files.map(({ path }) => join(root, 'examples', path))
  expect(paths.length).toBeGreaterThan(6)
  expect(tsc(paths, ['--allowJs', '--checkJs', '--noEmit', '--strict', 'false'])).toBe('')
})

interface Sample {
  readonly inputs: Readonly<Record<'input_0' | 'input_1', { dims: [number, number]; data: number[] }>>
  readonly outputs: { readonly output_0: { dims: [number, number]; data: number[] } }
}

test('latency-path.mjs returns what PyTorch returned', async () => {
  const { samples } = readJson(dirOf('tiny_bert'), 'model.sample.json') as { samples: Sample[] }
  const expected = samples.flatMap(({ inputs: { input_1 }, outputs: { output_0 } }) =>
    Array.from({ length: output_0.dims[0] }, (_, row) => {
      const part = ({ dims: [, width], data }: { dims: [number, number]; data: number[] }) =>
        data.slice(row * width, (row + 1) * width)
      return { tokens: part(input_1).filter((bit) => bit === 1).length, logits: part(output_0) }
    }),
  )
  const lines = await run('latency-path.mjs')
  const last = lines.pop()!
  expect(lines.length).toBe(expected.length)
  for (const [i, line] of lines.entries()) {
    const [tokens, ...logits] = line.match(/-?\d+(\.\d+)?/g)!.map(Number)
    expect(tokens).toBe(expected[i]!.tokens)
    expect(logits.length).toBe(expected[i]!.logits.length)
    for (const [label, logit] of expected[i]!.logits.entries()) expect(logits[label]).toBeCloseTo(logit, 2)
  }
  const [, texts, difference] = /^(\d+) texts, largest difference to PyTorch's results: (\S+)$/.exec(last)!
  expect(Number(texts)).toBe(expected.length)
  expect(Number(difference)).toBeLessThan(1e-4)
})

test('latency-path.mjs rejects a text that is too long', async () => {
  const folder = temporaryFolder()
  const row = (value: number) => ({ dims: [1, 129], data: new Array(129).fill(value) })
  const outputs = { output_0: { dims: [1, 2], data: [0, 0] } }
  const samples = [{ inputs: { input_0: row(7), input_1: row(1) }, outputs }]
  writeFileSync(join(folder, 'long.json'), JSON.stringify({ samples }))
  const script = join(root, 'examples', 'latency-path.mjs')
  const { code, stderr } = await runScript(script, [
    join(dirOf('tiny_bert'), 'model.onnx'),
    join(folder, 'long.json'),
  ])
  expect(code).toBe(1)
  expect(stderr).toContain('RangeError: a text has at most 128 tokens, not 129')
})

test('recurrent-state.mjs detects the same speech as session.run with a passed state', async () => {
  const wav = readFileSync(join(root, 'scripts', 'demo', 'speech.wav')).subarray(44)
  const audio = Float32Array.from({ length: wav.length >> 1 }, (_, i) => wav.readInt16LE(2 * i) / 32768)
  await using session = await InferenceSession.create(join(dirOf('silero_v6'), 'model.onnx'))
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
  expect(await run('recurrent-state.mjs')).toEqual(expected)
})

test.each([
  ['kv-cache/growing-cache.mjs', 'tiny_gpt2_dyn_f32'],
  ['kv-cache/static-cache.mjs', 'tiny_llama_static_f32'],
])('%s decodes the same tokens as without a cache, and as PyTorch', async (file, id) => {
  const { greedy } = readJson(dirOf(id), 'greedy.json')
  const tokens = greedy.join(' ')
  expect(await run(file)).toEqual([`with a cache    ${tokens}`, `without         ${tokens}`])
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

test.each([1, 3])('worker-threads.mjs returns the same results on %i workers', async (workers) => {
  const { samples } = readJson(dirOf('tiny_bert'), 'model.sample.json')
  expect(await run('worker-threads.mjs', String(workers))).toEqual([
    `${samples.length} texts on ${workers} workers: the same results`,
  ])
})
