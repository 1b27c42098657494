import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform } from 'node:os'
import { initialized } from '../../device/initialize'
import type { BenchInput } from './inputs'
import type { BenchPlan, Form } from './plan'
import type { Ratios } from './race'
import { type Bucket, histogramOf, type Summary, summaryOf } from './statistics'
import type { About } from './subject'

/** What was measured, on what; what `--json` prints. */
export interface BenchReport {
  readonly model: string
  readonly inputs: readonly BenchInput[]
  readonly seed: number
  readonly graph: boolean
  readonly machine: Machine
  readonly measured: readonly Measured[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly system: string
  /** Of the minute before the report: what else ran has slowed what was measured. */
  readonly load: number
  readonly node: string
  readonly package: string
  readonly engine: string
  /** Absent: ONNX Runtime's own choice. */
  readonly threads?: number
}

export interface Measured extends Summary {
  readonly name: string
  readonly onnxruntime: string
  /** Those that ran; absent for onnxruntime-node, which does not tell, unless it is the CPU alone. */
  readonly executionProviders?: readonly string[]
  readonly histogram: readonly Bucket[]
  /** How many times as long onnxruntime-node took. */
  readonly ratios?: Ratios
}

export const nameOf = (form: Form): string =>
  form === 'runSync' ? 'binding.runSync()' : 'await binding.run()'

/** @param times sorted in ascending order */
export function measuredOf(
  name: string,
  { onnxruntime, executionProviders }: About,
  times: Float64Array,
  ratios?: Ratios,
): Measured {
  return {
    name,
    onnxruntime,
    ...(executionProviders !== undefined && { executionProviders }),
    ...summaryOf(times),
    histogram: histogramOf(times),
    ...(ratios !== undefined && { ratios }),
  }
}

export function machineOf({ threads }: BenchPlan): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() || 'a CPU of unknown kind',
    cores: all.length,
    system: `${platform()} ${arch()}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
    node: process.versions.node,
    package: createRequire(__filename)('../../../package.json').version,
    engine: initialized().engine,
    ...(threads !== undefined && { threads }),
  }
}
