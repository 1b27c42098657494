// Command lines and sample files that a program generates: a command ends by an exit code, prints no stack and no control
// characters, and takes a bounded time. fast-check prints the seed of a failure and the smallest case that it finds; TEST_SEED
// names another seed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { main } from '../../dist/tools/cli/main.js'
import { printReport } from '../../dist/tools/cli/output.js'
import { model, node, tensor, value } from '../helpers/onnx-graph.mjs'
import { Random } from '../helpers/random.mjs'
import { mutateBytes } from './mutate-bytes.mjs'
import { UNPRINTABLE } from './unprintable.mjs'

const seed = Number(process.env.TEST_SEED ?? 1)
const folder = mkdtempSync(join(tmpdir(), 'fuzz-cli-'))
const modelPath = join(folder, 'model.onnx')
const samplesPath = join(folder, 'samples.json')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  process.setMaxListeners(0) // the doctor listens for signals
  writeFileSync(
    modelPath,
    model({
      inputs: [value('x', 'float32', ['batch', 2]), value('n', 'int64', [1])],
      outputs: [value('y', 'float32', ['batch', 2])],
      nodes: [node('Mul', ['x', 'two'], ['y'])],
      initializers: [tensor('two', 'float32', [1], [2])],
    }),
  )
  writeFileSync(join(folder, 'garbage.onnx'), 'neither a model nor a page')
  writeFileSync(samplesPath, JSON.stringify(SAMPLES))
})

const sample = (rows: number) => ({
  inputs: {
    x: { type: 'float32', dims: [rows, 2], data: new Array(rows * 2).fill(1) },
    n: { type: 'int64', dims: [1], data: ['7'] },
  },
  outputs: { y: { type: 'float32', dims: [rows, 2], data: new Array(rows * 2).fill(2) } },
})
const SAMPLES = { samples: [sample(1), sample(3)], tolerance: { rtol: 0.01, atol: 0 } }

/** Runs a command line in this process, and checks what it prints. */
async function expectSound(args: readonly string[]): Promise<void> {
  const lines: string[] = []
  const print = (text: string) => void lines.push(text)
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(print),
    vi.spyOn(console, 'error').mockImplementation(print),
  ]
  const code = await main(args)
  for (const spy of spies) spy.mockRestore()
  const text = lines.join('\n')
  expect([0, 1, 2]).toContain(code)
  expect(text).not.toMatch(UNPRINTABLE)
  expect(text).not.toMatch(/^\s+at .*\d+:\d+\)?$/m)
  expect(text.length).toBeLessThan(1_000_000)
}

const odd = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '-', '--', '=', 'NaN', '1e400', '-1', '0', '1.5', '__proto__', 'constructor', 'a\0b'),
  fc.constantFrom(
    '\u001b[2J',
    'x=1x2',
    'x=0..1',
    'n=1',
    'x=scalar',
    'x=1x99999999999',
    'cpu',
    'cuda,cpu',
    'npu',
  ),
)
const model_ = fc.constantFrom(modelPath, join(folder, 'garbage.onnx'), join(folder, 'missing'), folder, '')
const options = (names: readonly string[]) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...names).map((name) => [`--${name}`]),
        fc.tuple(fc.constantFrom(...names), odd).map(([name, text]) => [`--${name}`, text]),
        fc.tuple(fc.constantFrom(...names), odd).map(([name, text]) => [`--${name}=${text}`]),
        odd.map((text) => [text]),
      ),
      { maxLength: 4 },
    )
    .map((lists) => lists.flat())

const COMMANDS = {
  inspect: {
    args: options(['providers', 'json', 'help', 'against', 'no-json']),
    last: [] as string[],
    runs: 200,
  },
  bench: {
    args: options([
      'shape',
      'range',
      'seed',
      'providers',
      'threads',
      'sync',
      'async',
      'graph',
      'compare',
      'json',
    ]),
    last: ['--runs', '2', '--warmup', '0'],
    runs: 200,
  },
  // Each probe is a process, which this ends at once.
  doctor: { args: options(['require', 'python', 'json', 'help']), last: ['--timeout', '0.001'], runs: 5 },
}

test.each(Object.entries(COMMANDS))('%s takes any arguments', async (command, { args, last, runs }) => {
  const property = fc.asyncProperty(fc.option(model_), args, async (path, rest) => {
    await expectSound([command, ...(path === null ? [] : [path]), ...rest, ...last])
  })
  await fc.assert(property, { seed, numRuns: runs })
})

test('a command may have any name', async () => {
  const property = fc.asyncProperty(fc.array(odd, { maxLength: 3 }), (args) => expectSound(args))
  await fc.assert(property, { seed, numRuns: 200 })
})

/** A value of JSON, and what a sample file has at some place. */
const part = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  odd,
  fc.constantFrom('float16', 'int4', 'string', 'bool', 'uint64', 'float8e4m3fn', 'complex64'),
  fc.constantFrom(2 ** 53, 2 ** 31, -1, 1e300, 0.5),
  fc.array(fc.nat(5)),
  fc.constantFrom<unknown>(SAMPLES, SAMPLES.samples, sample(2), sample(2).inputs, sample(2).inputs.x),
)

type Tree = Record<string, unknown>

/** Replaces, adds or removes a part, at a place that the numbers name. */
function change(
  root: unknown,
  path: readonly number[],
  key: string | undefined,
  replacement: unknown,
): unknown {
  if (typeof root !== 'object' || root === null || path.length === 0) return replacement
  const [first, ...rest] = path
  const keys = Object.keys(root)
  const copy = (Array.isArray(root) ? [...root] : { ...root }) as Tree
  const name = rest.length === 0 && key !== undefined ? key : (keys[first! % Math.max(keys.length, 1)] ?? '0')
  const inner = change((root as Tree)[name], rest, key, replacement)
  Object.defineProperty(copy, name, { value: inner, enumerable: true, writable: true, configurable: true })
  if (inner === undefined) delete copy[name]
  return copy
}

async function expectSoundSamples(content: string | Uint8Array): Promise<void> {
  writeFileSync(samplesPath, content)
  await expectSound(['inspect', modelPath, '--against', samplesPath])
  await expectSound(['inspect', modelPath, '--against', samplesPath, '--json'])
}

test('the samples may have any value at any place', async () => {
  const one = fc.record({
    path: fc.array(fc.nat(10), { maxLength: 6 }),
    key: fc.option(odd, { nil: undefined, freq: 4 }),
    replacement: fc.option(part, { nil: undefined, freq: 10 }),
  })
  const property = fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 3 }), async (changes) => {
    const samples = changes.reduce<unknown>(
      (root, { path, key, replacement }) => change(root, path, key, replacement),
      SAMPLES,
    )
    await expectSoundSamples(JSON.stringify(samples) ?? '')
  })
  await fc.assert(property, { seed, numRuns: 300 })
})

test('the samples may have any bytes', async () => {
  const text = new Uint8Array(Buffer.from(JSON.stringify(SAMPLES)))
  const property = fc.asyncProperty(fc.integer(), (one) =>
    expectSoundSamples(mutateBytes(text, new Random(one), text)),
  )
  await fc.assert(property, { seed, numRuns: 200 })
})

test('a report prints no control characters of any string', () => {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {})
  const strings = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
  const property = fc.property(strings, fc.boolean(), (report, json) => {
    printReport(report, json, (escaped) => Object.entries(escaped).flat().join(' '))
    const [text] = print.mock.lastCall as [string]
    expect(text).not.toMatch(UNPRINTABLE)
    if (json) expect(JSON.parse(text)).toEqual({ ...report })
  })
  fc.assert(property, { seed, numRuns: 500 })
  print.mockRestore()
})
