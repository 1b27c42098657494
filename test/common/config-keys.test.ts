import { InferenceSession } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

/** The messages of the package's warnings meanwhile. */
async function collectWarnings(body: () => Promise<unknown>): Promise<string[]> {
  const warnings: (Error & { code?: string })[] = []
  const listen = (warning: Error) => warnings.push(warning)
  process.on('warning', listen)
  await body()
  await new Promise(setImmediate)
  process.off('warning', listen)
  expect(warnings.every(({ code }) => code === 'ERR_UNKNOWN_OPTION')).toBe(true)
  return warnings.map(({ message }) => message)
}

const create = async (extra: Record<string, unknown>) => {
  await using session = await InferenceSession.create(oneNode(), { extra })
  return session.inputNames
}

describe("keys of 'extra'", () => {
  test.each([
    ['session.intra_op.alow_spinning', "did you mean 'session.intra_op.allow_spinning'?"],
    ['session.allow_spinning', "did you mean 'session.intra_op.allow_spinning'?"],
    ['nonsense', 'no key of that name exists'],
  ])('%s, which ONNX Runtime ignores, is warned of once', async (key, says) => {
    const warnings = await collectWarnings(async () => {
      await create({ [key]: '1' })
      await create({ [key]: '1' })
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`'${key}'`)
    expect(warnings[0]).toContain(says)
  })

  test('that ONNX Runtime or a provider reads are not warned of', async () => {
    const extra = {
      session: { intra_op: { allow_spinning: '0' }, disable_prepacking: '1', set_denormal_as_zero: '0' },
      optimization: { enable_gelu_approximation: '1' },
      'ep.openvinoexecutionprovider.device_type': 'CPU',
    }
    expect(await collectWarnings(() => create(extra))).toEqual([])
  })

  test('of run options are refused in a session', async () => {
    for (const key of ['memory.enable_memory_arena_shrinkage', 'gpu_graph_id', 'qnn.htp_perf_mode'])
      await expectError(() => create({ [key]: '1' }), 'ERR_UNKNOWN_OPTION', {
        says: [`'${key}'`, 'session.run'],
      })
  })

  test.runIf(isNative)('of a session are warned of in a run, once', async () => {
    await using session = await InferenceSession.create(oneNode())
    const run = (extra: Record<string, unknown>) => session.run({ x: float32([1]) }, { extra })
    const warnings = await collectWarnings(async () => {
      await run({ session: { use_env_allocators: '1' } })
      await run({ session: { use_env_allocators: '1' } })
      await run({ memory: { enable_memory_arena_shrinkage: 'cpu:0' } })
    })
    expect(warnings).toEqual([expect.stringContaining('it is a key of session options')])
  })
})
