// examples/io-binding on a fake or simulated GPU.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { modelCases } from '../helpers/cases.mjs'
import { runScript, withoutWarnings } from '../native/child.ts'
import { root } from './examples.ts'

const model = join(modelCases().find(({ id }) => id === 'tiny_bert')!.dir, 'model.onnx')

/** The tests of a `describe`. `digits`: of equal results; those of the fake driver are the CPU's own. */
export function testCudaExample(digits?: number): void {
  const script = join(root, 'examples', 'io-binding', 'io-binding.mjs')
  const run = async (device: string) => {
    const { code, stdout, stderr } = await runScript(script, [device, model])
    expect({ code, stderr: withoutWarnings(stderr) }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  test('prints the same results as on the CPU', async () => {
    const { providers, ...cpu } = await run('cpu')
    expect(providers).toEqual(['cpu'])
    const close = (_key: string, value: unknown) =>
      typeof value === 'number' && digits !== undefined ? expect.closeTo(value, digits) : value
    const results = JSON.parse(JSON.stringify(cpu), close)
    expect(await run('cuda')).toEqual({ providers: ['cuda', 'cpu'], ...results })
  })
}
