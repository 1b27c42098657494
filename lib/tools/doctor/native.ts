import { findLibrary } from '../../engine/library'
import { type Context, failed, type Opened, ok, probe, skipped } from './checks'
import { findOnnxruntimeNode } from './installed'
import { wrapLibcError } from './libc'
import { problemOf } from './remedies'
import type { Check } from './report'
import { checkResults } from './runs'

/** Whether anything was asked for that runs through the addon. */
function asksForAddon({ asked }: Context): boolean {
  return asked.has('native') || asked.has('cuda') || asked.has('webgpu')
}

export async function checkAddon(context: Context): Promise<Check> {
  const outcome = await probe(context, 'addon')
  if ('answer' in outcome) return ok('addon', 'loads', { path: outcome.answer.path })
  const { failure } = outcome
  const asked = asksForAddon(context)
  const check = failed('addon', asked, problemOf(wrapLibcError(failure), { what: 'addon' }))
  const [, ...places] = failure.message.split('\n')
  const isNowhere =
    failure.code === 'ERR_ADDON_NOT_LOADED' && places.every((place) => /: no such file$/.test(place))
  return isNowhere && !asked ? { ...check, status: 'absent' } : check
}

/** The library by the first source that names one. */
export async function checkOnnxruntime(
  context: Context,
  addon: Check,
): Promise<{ check: Check; opened?: Opened }> {
  const name = 'onnxruntime'
  const candidate = findLibrary(undefined, [])
  const facts = { ...candidate }
  if (addon.status !== 'ok') {
    return { check: skipped(name, 'the native addon, which opens it, does not load', facts) }
  }
  const outcome = await probe(context, 'onnxruntime', [], 'native')
  if ('failure' in outcome) {
    const problem = problemOf(wrapLibcError(outcome.failure), { what: 'library', ...candidate })
    return { check: failed(name, asksForAddon(context), problem, facts) }
  }
  const opened = outcome.answer
  return {
    check: ok(name, opened.version, { ...facts, providers: opened.availableProviders.join(', ') }),
    opened,
  }
}

/** The engine that runs where the addon does not load: whether it is there, and a run on it. */
export async function checkOnnxruntimeNode(context: Context): Promise<Check> {
  const name = 'onnxruntime-node'
  const installed = findOnnxruntimeNode()
  if (installed === undefined) return { name, status: 'absent', summary: 'is not installed', facts: {} }
  const facts = { path: installed.path }
  const outcome = await probe(context, 'run', ['cpu'], name)
  if ('answer' in outcome) {
    return checkResults(name, outcome.answer, false, facts, `${installed.version}, a run by it is right`)
  }
  const problem = problemOf(wrapLibcError(outcome.failure), { what: 'library', source: name })
  return failed(name, false, problem, facts)
}
