import { type Backend, env, type InferenceSession } from 'onnxruntime-common'
import { engineAsync } from '../engine/select'
import { OrtError } from '../errors'
import { SessionHandler } from './handler'
import { providerNames } from './options'

/** What a copy of onnxruntime-common exports that a backend is registered by. */
export type OnnxruntimeCommon = Pick<
  typeof import('onnxruntime-common'),
  'registerBackend' | 'Tensor' | 'env'
>

/** The providers that this package runs. */
const PROVIDERS = ['cpu', 'cuda', 'webgpu']
/** onnxruntime-node's own backend has 100. */
const PRIORITY = 200

/** A copy registers one backend for each provider: another one of the same priority would be refused. */
const backends = new WeakMap<object, Backend>()

/**
 * Makes this package run the sessions of a copy of onnxruntime-common, for the providers `cpu`, `cuda` and `webgpu`. The copy must
 * not have another backend for them yet: onnxruntime-common keeps the first one. `onnxruntime-iobinding/register` calls this for
 * the copies of all installed onnxruntime-node.
 *
 * @param common the module onnxruntime-common, as `import` or `require` returns it
 * @throws Error of onnxruntime-common for a copy that has a backend of the same priority
 * @example
 * register(common) // import * as common from 'onnxruntime-common'
 * const session = await common.InferenceSession.create('model.onnx')
 * console.log(session.inputNames)
 */
export function register(common: OnnxruntimeCommon): void {
  const backend = createBackend(common)
  for (const name of PROVIDERS) common.registerBackend(name, backend, PRIORITY)
}

/** @internal */
export function createBackend({ Tensor, env: its }: OnnxruntimeCommon): Backend {
  const known = backends.get(Tensor)
  if (known !== undefined) return known
  const load = (model: string | Uint8Array, options?: InferenceSession.SessionOptions) => {
    // The engine reads this package's copy when it opens.
    if (env.logLevel === 'warning' && its.logLevel !== undefined) env.logLevel = its.logLevel
    return SessionHandler.load(Tensor, model, options)
  }
  const backend = {
    async init() {
      // The other engine is onnxruntime-node, whose own backend this one would be.
      const { name } = await engineAsync()
      if (name === 'native') return
      throw new OrtError('ERR_NOT_SUPPORTED', `the ${name} engine has no backend of its own`, {
        remedy: 'Install the native addon, or omit the registration',
      })
    },
    createInferenceSessionHandler: load,
    // The name in onnxruntime-common before 1.16.
    createSessionHandler: load,
  }
  backends.set(Tensor, backend)
  return backend
}

/** Whether this package runs sessions with these options. @internal */
export function runs(options: InferenceSession.SessionOptions | undefined): boolean {
  return providerNames(options as Readonly<Record<string, unknown>>).every((name) => PROVIDERS.includes(name))
}
