import { builtWithout, type Context, failed, NOT_OPEN, type Opened, ok, probe, skipped } from './checks'
import type { Check } from './report'
import { checkDeviceRun } from './runs'

/** The GPU that WebGPU finds, and a run on it. */
export async function checkWebGpu(context: Context, opened: Opened | undefined): Promise<Check[]> {
  const adapter = await checkAdapter(context, opened)
  return [adapter, await checkDeviceRun(context, 'webgpu', opened, adapter)]
}

async function checkAdapter(context: Context, opened: Opened | undefined): Promise<Check> {
  const name = 'webgpu-adapter'
  if (opened === undefined) return skipped(name, NOT_OPEN)
  const unavailable = builtWithout('WebGPU', 'WebGpuExecutionProvider', opened)
  if (unavailable !== undefined) return failed(context, name, unavailable, { source: opened.source })
  const outcome = await probe(context, 'webgpuAdapter', [], 'native')
  if ('failure' in outcome) return failed(context, name, outcome.failure)
  const drivers = outcome.answer.loaded.filter((path) => /vulkan|vk_|nvidia/i.test(path))
  return ok(name, 'available', drivers.length > 0 ? { loaded: drivers.join(', ') } : {})
}
