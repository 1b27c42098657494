import { arch, cpus, loadavg, platform } from 'node:os'
import { initialized } from '../../index'
import { PACKAGE } from '../cli/package'
import type { BenchInput } from './inputs'
import type { BenchPlan } from './plan'
import type { Ratios } from './race'
import { type Bucket, histogram, type Summary, summarize } from './statistics'
import type { About } from './target'

/** What `--json` prints. */
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
  /** The load average of the last minute: other processes slow the measured runs. */
  readonly load: number
  readonly node: string
  readonly package: string
  readonly engine: string
  /** Absent: ONNX Runtime's default. */
  readonly threads?: number
}

export interface Measured extends Summary {
  readonly name: string
  readonly onnxruntime: string
  /** Those that ran; absent for onnxruntime-node, which does not report them, unless only the CPU was requested. */
  readonly executionProviders?: readonly string[]
  readonly histogram: readonly Bucket[]
  /** onnxruntime-node's time divided by this one's. */
  readonly ratios?: Ratios
}

/** @param times sorted in ascending order */
export function toMeasured(
  name: string,
  { onnxruntime, executionProviders }: About,
  times: Float64Array,
  ratios?: Ratios,
): Measured {
  return {
    name,
    onnxruntime,
    ...(executionProviders !== undefined && { executionProviders }),
    ...summarize(times),
    histogram: histogram(times),
    ...(ratios !== undefined && { ratios }),
  }
}

export function toReport(
  { model, seed, graph, threads }: BenchPlan,
  inputs: BenchReport['inputs'],
  measured: readonly Measured[],
): BenchReport {
  const all = cpus()
  const machine: Machine = {
    cpu: all[0]?.model.trim() || 'unknown CPU',
    cores: all.length,
    system: `${platform()} ${arch()}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
    node: process.versions.node,
    package: PACKAGE.version,
    engine: initialized().engine,
    ...(threads !== undefined && { threads }),
  }
  return { model, inputs, seed, graph, machine, measured }
}
