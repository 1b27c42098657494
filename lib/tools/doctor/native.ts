import { findLibrary, resolveOnnxruntimeNode } from '../../engine/library'
import { type Context, failed, type Opened, ok, probe, skipped } from './checks'
import { wrapLibcError } from './libc'
import type { Check } from './report'
import { checkResults } from './runs'

/** The addon, and ONNX Runtime's library by the first source that names one. */
export async function checkNative(
  context: Context,
): Promise<{ addon: Check; onnxruntime: Check; opened?: Opened }> {
  const name = 'onnxruntime'
  const outcome = await probe(context, name, [], 'native')
  const loaded = 'answer' in outcome ? outcome : await probe(context, 'addon')
  const candidate = findLibrary(undefined, [])
  const facts = { ...candidate }
  if ('failure' in loaded) {
    const onnxruntime = skipped(name, 'the native addon, which opens it, does not load', facts)
    return { addon: missingAddon(context, loaded.failure), onnxruntime }
  }
  const addon = ok('addon', 'loads', { path: loaded.answer.addon })
  if ('failure' in outcome) {
    const situation = { what: 'library', source: candidate?.source } as const
    return { addon, onnxruntime: failed(context, name, wrapLibcError(outcome.failure), situation, facts) }
  }
  const opened = outcome.answer
  const providers = opened.availableProviders.join(', ')
  return { addon, onnxruntime: ok(name, opened.version, { ...facts, providers }), opened }
}

function missingAddon(context: Context, failure: Parameters<typeof failed>[2]): Check {
  const check = failed(context, 'addon', wrapLibcError(failure), { what: 'addon' })
  const isNeeded = ['native', 'cuda', 'webgpu'] as const
  const [, ...places] = failure.message.split('\n')
  const isNowhere =
    failure.code === 'ERR_ADDON_NOT_LOADED' && places.every((place) => /: no such file$/.test(place))
  const isAbsent = isNowhere && !isNeeded.some((name) => context.required.has(name))
  return isAbsent ? { ...check, status: 'absent' } : check
}

/** The engine that runs where the addon does not load: whether it is installed, and a run on it. */
export async function checkOnnxruntimeNode(context: Context): Promise<Check> {
  const name = 'onnxruntime-node'
  const installed = resolveOnnxruntimeNode()
  if (installed === undefined) return { name, status: 'absent', summary: 'is not installed', facts: {} }
  const facts = { path: installed.path }
  const outcome = await probe(context, 'run', ['cpu'], name)
  if ('answer' in outcome) {
    return checkResults(context, name, outcome.answer, `${installed.version}, runs correctly`, facts)
  }
  return failed(context, name, wrapLibcError(outcome.failure), { what: 'library', source: name }, facts)
}
