import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { model, node, value } from '../helpers/model-builder.mjs'
import { runFixture } from './child'
import { temporaryFolder } from './package-copy'

const WIDTH = 4096
/** 64 MiB. */
const weights = new Uint8Array(WIDTH * WIDTH * 4)
/** y = the row x of the weights, which ONNX Runtime does not pack. */
function linear(weight: object) {
  return model({
    inputs: [value('x', 'int64', [1])],
    outputs: [value('y', 'float32', [1, WIDTH])],
    nodes: [node('Gather', ['w', 'x'], ['y'])],
    initializers: [{ name: 'w', dims: [WIDTH, WIDTH], dataType: 1, ...weight }],
  })
}

/** The paths of a model, and of its weights where they are in a file of their own. */
function files(external: boolean): string[] {
  const folder = temporaryFolder()
  const [path, data] = [join(folder, 'model.onnx'), join(folder, 'weights.bin')]
  const externalData = [{ key: 'location', value: 'weights.bin' }]
  writeFileSync(path, linear(external ? { dataLocation: 'EXTERNAL', externalData } : { rawData: weights }))
  if (external) writeFileSync(data, weights)
  return external ? [path, data] : [path]
}

/** The greatest resident set of a process that loads the model, in MiB. */
async function peak(...args: string[]): Promise<number> {
  const { code, stdout, stderr } = await runFixture('peak.mjs', args, {
    env: { NODE_V8_COVERAGE: undefined },
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return Number(stdout)
}

describe.runIf(process.platform === 'linux')('create with transfer', () => {
  it.each([
    ['weights in the model', false],
    ['external data', true],
  ])('needs no more memory than onnxruntime-node for %s', async (_, external) => {
    const paths = files(external)
    const ours = await peak('native', ...paths)
    const theirs = await peak('onnxruntime-node', ...paths)
    // A copy of the weights would add 64 MiB.
    expect(ours).toBeLessThan(theirs + 16)
  })
})
