import { type Context, failed, NOT_OPEN, type Opened, ok, probe, skipped } from './checks'
import { SAMPLES } from './model'
import type { Answer } from './probe-process'
import type { Situation } from './remedies'
import type { Check, CheckName } from './report'

/** Runs one node on a provider, and compares the results with the right ones. */
export async function checkRun(
  context: Context,
  provider: 'cpu' | 'cuda' | 'webgpu',
  situation: Situation = {},
): Promise<Check> {
  const name = `run-${provider}` as const
  const { python } = context
  const args = provider === 'cuda' && python !== undefined ? [provider, python] : [provider]
  const outcome = await probe(context, 'run', args)
  if ('failure' in outcome) return failed(context, name, outcome.failure, situation)
  return checkResults(context, name, outcome.answer, `runs correctly on the ${outcome.answer.engine} engine`)
}

/** The same on a device, where what the provider needs was found, or the provider was required. */
export async function checkDeviceRun(
  context: Context,
  provider: 'cuda' | 'webgpu',
  opened: Opened | undefined,
  needed: Check,
  major?: number,
): Promise<Check> {
  const name = `run-${provider}` as const
  if (opened === undefined) return skipped(name, NOT_OPEN)
  if (needed.status === 'ok' || context.required.has(provider)) {
    return checkRun(context, provider, { source: opened.source, major })
  }
  return skipped(name, 'not required, and what it needs is missing')
}

export function checkResults(
  context: Context,
  name: CheckName,
  { results }: Answer<'run'>,
  summary: string,
  facts: Check['facts'] = {},
): Check {
  const right = SAMPLES.map(({ y }) => y)
  if (right.every((y, i) => y === results[i])) return ok(name, summary, facts)
  const failure = {
    code: 'ERR_RESULT_WRONG',
    message: `wrong result of x + 1 for x = ${SAMPLES.map(({ x }) => x).join(' and ')}`,
    expected: right.join(' and '),
    given: results.join(' and '),
  } as const
  return failed(context, name, failure, {}, facts)
}
