import { type Context, NOT_OPEN, skipped } from './checks'
import { checkCuda } from './cuda'
import { checkEnvironment } from './environment'
import { checkNative, checkOnnxruntimeNode } from './native'
import { CHECKS, type CheckName, type Diagnosis, PROOFS } from './report'
import { checkRun } from './runs'
import { checkWebGpu } from './webgpu'

/**
 * Checks what the package needs, from Node to a run on each provider. It installs and changes nothing, and loads foreign
 * libraries in processes of their own; those that do not depend on each other run in parallel.
 */
export async function diagnose(context: Context): Promise<Diagnosis> {
  const onnxruntimeNode = checkOnnxruntimeNode(context)
  const { addon, onnxruntime, opened } = await checkNative(context)
  // Where the addon is missing, or the environment selects another engine, onnxruntime-node runs.
  const isNative = addon.status === 'ok' && process.env.ONNXRUNTIME_IOBINDING_ENGINE !== 'onnxruntime-node'
  const runsOnCpu = !isNative || opened !== undefined
  const [cuda, webgpu, cpu, node] = await Promise.all([
    checkCuda(context, opened),
    checkWebGpu(context, opened),
    runsOnCpu ? checkRun(context, 'cpu') : skipped('run-cpu', NOT_OPEN),
    onnxruntimeNode,
  ])
  const order = Object.keys(CHECKS)
  const checks = [...checkEnvironment(context), addon, onnxruntime, node, ...cuda, ...webgpu, cpu].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  )
  const isOk = (proof: CheckName) => checks.some(({ name, status }) => name === proof && status === 'ok')
  const required = Object.fromEntries([...context.required].map((name) => [name, PROOFS[name].every(isOk)]))
  return { ok: Object.values(required).every((works) => works), required, checks }
}
