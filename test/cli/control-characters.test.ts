// What a model, a file or the environment names reaches no terminal raw: it could change its title, hide text, or forge a line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { model, node, value } from '../helpers/onnx-graph.mjs'
import { runScript } from '../native/child.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'control-characters-'))
afterAll(() => rmSync(folder, { recursive: true }))

const EVIL = '\x1b]0;title\x07\x9b2J\x7f\u202e\u2066\u2028\r\nNo warnings.\n'
const ESCAPED = String.raw`\u001b]0;title\u0007\u009b2J\u007f\u202e\u2066\u2028\r\nNo warnings.\n`
const evil = (name: string) => `${name}${EVIL}`
const escaped = (name: string) => `${name}${ESCAPED}`

beforeAll(() => {
  const evilModel = model({
    inputs: [value(evil('x'), 'float32', [evil('batch'), 2])],
    outputs: [
      value(evil('y'), 'float32', [evil('batch'), 2]),
      value(evil('found'), 'int64', [2, evil('count')]),
      value(evil('odd'), 'float32', [evil('open')]),
    ],
    nodes: [
      node('Relu', [evil('x')], [evil('y')], {}, { name: evil('relu') }),
      node('NonZero', [evil('x')], [evil('found')], {}, { name: evil('look') }),
      node(evil('Odd'), [evil('x')], [evil('odd')], {}, { domain: evil('odd.domain') }),
    ],
    domains: { [evil('odd.domain')]: 1 },
    metadata: { [evil('key')]: evil('value') },
    producerName: evil('producer'),
    docString: evil('description'),
    functions: [
      {
        name: evil('Odd'),
        domain: evil('odd.domain'),
        input: ['a'],
        output: ['b'],
        node: [node('Flatten', ['a'], ['c'], { axis: 0 }), node('Squeeze', ['c'], ['b'])],
        opsetImport: [{ domain: '', version: 17 }],
      },
    ],
  })
  writeFileSync(join(folder, 'evil.onnx'), evilModel)
  const x = { type: 'float32', dims: [1, 2], data: [1, 2] }
  writeFileSync(
    join(folder, 'samples.json'),
    JSON.stringify([{ inputs: { [evil('x')]: x, [evil('lost')]: x }, outputs: { [evil('y')]: x } }]),
  )
  writeFileSync(join(folder, 'broken.json'), `{"a": ${EVIL}`)
})

const cli = (args: string[], env: Record<string, string> = {}) =>
  runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args, { cwd: folder, env })

/** Nothing but printable characters and newlines, of which none is the model's. */
function expectPrintable({ stdout, stderr }: { stdout: string; stderr: string }) {
  expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(stdout + stderr).not.toMatch(/^No warnings\./m)
}

test('inspect escapes the names, dimensions, metadata and operators of a model', async () => {
  const ended = await cli(['inspect', 'evil.onnx'])
  expectPrintable(ended)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  for (const name of ['x', 'y', '[batch', 'key', 'producer', "'look", 'odd.domain', '.Odd'])
    expect(ended.stdout).toContain(escaped(name))
  expect(ended.stdout).toContain(`${escaped('key')}: ${escaped('value')}`)
})

test('inspect --json escapes what JSON does not', async () => {
  const ended = await cli(['inspect', 'evil.onnx', '--json'])
  expectPrintable(ended)
  expect(JSON.parse(ended.stdout)).toMatchObject({ inputs: [{ name: evil('x') }] })
})

test('inspect --against escapes the names of samples, and the error of a file that is not JSON', async () => {
  const ended = await cli(['inspect', 'evil.onnx', '--against', 'samples.json'])
  expectPrintable(ended)
  expect(ended.code).toBe(1)
  expect(ended.stdout).toContain(`the model has no input '${escaped('lost')}'`)
  const broken = await cli(['inspect', 'evil.onnx', '--against', 'broken.json'])
  expectPrintable(broken)
  expect(broken.code).toBe(2)
})

test('bench escapes the names of a model, in its report and in its errors', async () => {
  const shape = `${evil('x')}=1x2`
  const quick = ['--runs', '2', '--warmup', '1', '--threads', '1']
  const ended = await cli(['bench', 'evil.onnx', '--shape', shape, ...quick])
  expectPrintable(ended)
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toContain(escaped('x'))
  expectPrintable(await cli(['bench', 'evil.onnx', '--shape', shape, ...quick, '--json']))
  const failed = await cli(['bench', 'evil.onnx'])
  expectPrintable(failed)
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain(String.raw`x\u001b]0;title`)
})

test('doctor escapes what the environment names', async () => {
  const env = { ORT_DYLIB_PATH: `/nowhere/${EVIL}` }
  for (const json of [[], ['--json']]) {
    const ended = await cli(['doctor', ...json], env)
    expectPrintable(ended)
    expect(ended.stdout).toContain(String.raw`/nowhere/\u001b]0;title\u0007`)
  }
})

test('the command line escapes its own arguments', async () => {
  for (const args of [[evil('nonsense')], ['inspect', evil('no.onnx')], ['bench', `--${evil('option')}`]]) {
    const ended = await cli(args)
    expectPrintable(ended)
    expect(ended.code).toBe(2)
  }
})
