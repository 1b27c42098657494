// `bench` as a user runs it: a process of its own, in a folder with models to name.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import {
  concatStrings,
  identity,
  mlp,
  model,
  node,
  nonZero,
  tensor,
  value,
} from '../helpers/model-builder.mjs'
import { twice } from '../helpers/shape-models.mjs'
import { runScript } from '../native/child.ts'

export const root = join(import.meta.dirname, '..', '..')
export const quick = ['--runs', '50', '--warmup', '2', '--threads', '1']

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  writeFileSync(join(folder, 'mlp.onnx'), mlp())
  writeFileSync(join(folder, 'twice.onnx'), twice())
  writeFileSync(join(folder, 'strings.onnx'), concatStrings())
  writeFileSync(join(folder, 'non-zero.onnx'), nonZero())
  writeFileSync(join(folder, 'float8.onnx'), identity('float8e4m3fn', [2]))
  writeFileSync(
    join(folder, 'gather.onnx'),
    model({
      inputs: [value('id', 'int64', ['n'])],
      outputs: [value('y', 'float32', ['n', 4])],
      nodes: [node('Gather', ['table', 'id'], ['y'])],
      initializers: [tensor('table', 'float32', [1, 4], [1, 2, 3, 4])],
    }),
  )
  writeFileSync(
    join(folder, 'rows.onnx'),
    model({
      inputs: [value('id', 'int64', ['batch', 'n'])],
      outputs: [value('y', 'float32', ['batch', 'n', 4])],
      nodes: [node('Gather', ['table', 'id'], ['y'])],
      initializers: [tensor('table', 'float32', [1, 4], [1, 2, 3, 4])],
    }),
  )
  writeFileSync(
    join(folder, 'random.onnx'),
    model({
      inputs: [value('x', 'float32', [4])],
      outputs: [value('y', 'float32', [4])],
      nodes: [node('RandomUniformLike', ['x'], ['r']), node('Add', ['x', 'r'], ['y'])],
    }),
  )
  writeFileSync(
    join(folder, 'never.onnx'),
    model({
      inputs: [value('x', 'float32', ['n']), value('y', 'float32', ['m'])],
      outputs: [value('z', 'float32', ['k'])],
      // The reshaped input has three rows of five, for no length of it.
      nodes: [node('Concat', ['x', 'x'], ['xx'], { axis: 0 }), node('Reshape', ['xx', 'odd'], ['z'])],
      initializers: [tensor('odd', 'int64', [2], [3n, 5n])],
    }),
  )
  writeFileSync(join(folder, 'half.onnx'), identity('float16', [2]))
  writeFileSync(join(folder, 'bfloat.onnx'), identity('bfloat16', [2]))
  writeFileSync(
    join(folder, 'rankless.onnx'),
    model({
      inputs: [value('x', 'float32')],
      outputs: [value('y', 'float32')],
      nodes: [node('Relu', ['x'], ['y'])],
    }),
  )
})

/** A command line, in the folder with the models. */
export const command = (
  args: string[],
  { env = {}, cwd = folder }: { env?: Record<string, string | undefined>; cwd?: string } = {},
) => runScript(join(root, 'dist', 'tools', 'cli', 'cli.js'), args, { cwd, env })

export const cli = (
  args: string[],
  { env = {}, cwd = folder }: { env?: Record<string, string | undefined>; cwd?: string } = {},
) => command(['bench', ...args], { cwd, env })

/** What `--json` says. */
export async function report(...args: string[]) {
  const { code, stdout, stderr } = await cli([...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}
