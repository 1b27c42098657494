import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, test } from 'vitest'
import { isSimulation, omitted } from '../cuda-simulation/omitted.ts'

/** The execution providers of this process, which a project of vitest.config.mjs may name: `webgpu,cpu`. */
const providers = (process.env.TEST_PROVIDERS ?? '').split(',').filter((name) => name !== '')

/** The device that sessions compute on; undefined: the CPU. */
export const deviceName = providers.find((name) => name !== 'cpu') as 'cuda' | 'webgpu' | undefined
export const onDevice = deviceName !== undefined

/** What `session.executionProviders` says. */
export const executionProviders: readonly string[] = onDevice ? providers : ['cpu']

/** Options of a session of this process's device. */
export const sessionOptions: SessionOptions = onDevice ? { executionProviders: providers as ['webgpu'] } : {}

/** Where `createIoBinding` allocates host memory. */
export const hostLocation = deviceName === 'cuda' ? 'cuda-pinned' : 'cpu'

/** `InferenceSession.create` on this process's device, and on no other. */
export async function createSession(
  model: string | Uint8Array,
  options: SessionOptions = {},
): Promise<InferenceSession> {
  const session = await InferenceSession.create(model as Uint8Array, { ...sessionOptions, ...options })
  if (options.executionProviders === undefined && session.device.name !== (deviceName ?? 'cpu')) {
    throw new Error(`the session is on '${session.device.name}', and this is about '${deviceName}'`)
  }
  return session
}

interface ModelOnDevice {
  /** Why it is not run there. */
  readonly skip?: string
  readonly options?: SessionOptions
}

const WEBGPU: Readonly<Record<string, ModelOnDevice>> = {
  basic_pitch: { skip: 'two minutes in software' },
  rapidocr_rec_v4: { skip: 'two minutes in software' },
  tiny_gpt2_dyn_f16: { skip: 'SwiftShader has no float16, and ONNX Runtime then fails the run' },
  // In the provider's own layout, NHWC, ONNX Runtime 1.30 gives wrong results, in onnxruntime-node as well.
  silero_v6: { options: { executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }, 'cpu'] } },
}

/** How a model is run on this process's device. */
export function modelOnDevice(id: string): ModelOnDevice {
  const reason = isSimulation ? omitted(id) : undefined
  if (reason !== undefined) return { skip: reason }
  return (deviceName === 'webgpu' && WEBGPU[id]) || {}
}

/** `test` on the CPU; on a device a skip that says why. */
export function cpuTest(
  reason: string,
): Pick<typeof test, 'each'> & ((name: string, body: () => Promise<void> | void) => void) {
  if (!onDevice) return test
  const named = (name: string) => `${name} (skipped on ${deviceName}: ${reason})`
  return Object.assign((name: string, body: () => Promise<void> | void) => test.skip(named(name), body), {
    each: ((cases: readonly unknown[]) => (name: string, body: () => Promise<void> | void) =>
      test.skip.each(cases)(named(name), body)) as never,
  })
}

/** `describe` on the CPU; on a device a skip that says why. */
export function cpuDescribe(reason: string): (name: string, body: () => void) => void {
  if (!onDevice) return describe
  return (name, body) => describe.skip(`${name} (skipped on ${deviceName}: ${reason})`, body)
}
