import { type Context, failed, NOT_OPEN, type Opened, ok, probe, skipped } from './checks'
import { SAMPLES } from './model'
import type { Answer } from './probe-process'
import { problemOf, type Situation } from './remedies'
import type { Check, CheckName } from './report'

/** A run of one node on a provider, held against the right results. */
export async function checkRun(
  context: Context,
  provider: 'cpu' | 'cuda' | 'webgpu',
  situation: Situation = {},
): Promise<Check> {
  const name = `run-${provider}` as const
  const asked = context.asked.has(provider)
  const python = provider === 'cuda' ? context.python : undefined
  const outcome = await probe(context, 'run', python === undefined ? [provider] : [provider, python])
  if ('failure' in outcome) return failed(name, asked, problemOf(outcome.failure, { ...situation, python }))
  return checkResults(name, outcome.answer, asked, {}, `is right, by the ${outcome.answer.engine} engine`)
}

/** The same where what the provider needs was found, or where the provider was asked for. */
export async function checkDeviceRun(
  context: Context,
  provider: 'cuda' | 'webgpu',
  opened: Opened | undefined,
  needed: Check,
  major?: number,
): Promise<Check> {
  const name = `run-${provider}` as const
  if (opened === undefined) return skipped(name, NOT_OPEN)
  if (needed.status === 'ok' || context.asked.has(provider)) {
    return checkRun(context, provider, { source: opened.source, major })
  }
  return skipped(name, 'was not asked for, and what it needs is not there')
}

export function checkResults(
  name: CheckName,
  { results }: Answer<'run'>,
  asked: boolean,
  facts: Check['facts'],
  summary: string,
): Check {
  const right = SAMPLES.map(({ y }) => y)
  if (right.every((y, i) => y === results[i])) return ok(name, summary, facts)
  const problem = problemOf({
    code: 'ERR_RESULT_WRONG',
    message: `x + 1 for x of ${SAMPLES.map(({ x }) => x).join(' and ')} is wrong`,
    expected: right.join(' and '),
    given: results.join(' and '),
  })
  return failed(name, asked, problem, facts)
}

export async function checkAdapter(context: Context, opened: Opened | undefined): Promise<Check> {
  const name = 'webgpu-adapter'
  if (opened === undefined) return skipped(name, NOT_OPEN)
  const asked = context.asked.has('webgpu')
  const { availableProviders, libraryPath, source } = opened
  const expected = 'WebGpuExecutionProvider'
  if (!availableProviders.includes(expected)) {
    const code = 'ERR_PROVIDER_UNAVAILABLE'
    const message = `ONNX Runtime's library ${libraryPath} was built without WebGPU`
    const given = availableProviders.join(', ')
    return failed(name, asked, problemOf({ code, message, expected, given }, { source }))
  }
  const outcome = await probe(context, 'webgpuAdapter', [], 'native')
  if ('failure' in outcome) return failed(name, asked, problemOf(outcome.failure))
  const drivers = outcome.answer.loaded.filter((path) => /vulkan|vk_|nvidia/i.test(path))
  return ok(name, 'is there', drivers.length > 0 ? { loaded: drivers.join(', ') } : {})
}
