import { type Context, NOT_OPEN, skipped } from './checks'
import { checkCuda } from './cuda'
import { checkEnvironment } from './environment'
import { checkAddon, checkOnnxruntime, checkOnnxruntimeNode } from './native'
import type { CheckName, Diagnosis, Requirement } from './report'
import { checkAdapter, checkDeviceRun, checkRun } from './runs'

/** The checks that must be ok for what was asked for to work: a device is proved by a run alone. */
const PROOFS: Readonly<Record<Requirement, readonly CheckName[]>> = {
  native: ['addon', 'onnxruntime'],
  cpu: ['run-cpu'],
  cuda: ['run-cuda'],
  webgpu: ['run-webgpu'],
}

/**
 * Looks at all that the package needs, from Node to a run on each provider. It installs and changes nothing, and loads
 * foreign libraries in processes of their own, one after the other.
 */
export async function diagnose(context: Context): Promise<Diagnosis> {
  const environment = checkEnvironment()
  const addon = await checkAddon(context)
  const { check: onnxruntime, opened } = await checkOnnxruntime(context, addon)
  const onnxruntimeNode = await checkOnnxruntimeNode(context)
  const cuda = await checkCuda(context, opened)
  const adapter = await checkAdapter(context, opened)
  // Where the addon is missing, or left out by the environment, onnxruntime-node runs.
  const isNative = addon.status === 'ok' && process.env.ONNXRUNTIME_IOBINDING_ENGINE !== 'onnxruntime-node'
  const checks = [
    ...environment,
    addon,
    onnxruntime,
    onnxruntimeNode,
    ...cuda.checks,
    adapter,
    isNative && opened === undefined ? skipped('run-cpu', NOT_OPEN) : await checkRun(context, 'cpu'),
    await checkDeviceRun(context, 'cuda', opened, cuda.checks[0], cuda.major),
    await checkDeviceRun(context, 'webgpu', opened, adapter),
  ]
  const isOk = (proof: CheckName) => checks.some(({ name, status }) => name === proof && status === 'ok')
  const required = Object.fromEntries([...context.asked].map((name) => [name, PROOFS[name].every(isOk)]))
  return { ok: Object.values(required).every((works) => works), required, checks }
}
