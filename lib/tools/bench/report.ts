import { arch, cpus, loadavg, platform } from 'node:os'
import { initialized } from '../../index'
import { PACKAGE } from '../cli/package'
import type { BenchInput } from './inputs'
import type { BenchPlan } from './plan'
import type { Ratios } from './race'
import { type Bucket, commonAxis, histogram, type Summary, summarize } from './statistics'
import type { About } from './target'

/** What `--json` prints. */
export interface BenchReport {
  readonly model: string
  readonly inputs: readonly BenchInput[]
  readonly seed: number
  readonly graph: boolean
  readonly callers: number
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
  /** Absent: ONNX Runtime's default, or a number for each of what was measured. */
  readonly threads?: number
}

export interface Measured extends Summary {
  /** Where several numbers of threads were measured. */
  readonly threads?: number
  readonly name: string
  readonly onnxruntime: string
  /** Those that ran; absent for onnxruntime-node, which does not report them, unless only the CPU was requested. */
  readonly executionProviders?: readonly string[]
  readonly histogram: readonly Bucket[]
  /** onnxruntime-node's time divided by this one's. */
  readonly ratios?: Ratios
}

/** What was measured, and the times of its runs, sorted in ascending order. */
export interface Timed {
  readonly name: string
  readonly about: About
  readonly times: Float64Array
  readonly ratios?: Ratios | undefined
  readonly threads?: number | undefined
}

/** @param timed by several numbers of threads, if they have one */
export function toReport(
  { model, seed, graph, threads, callers }: BenchPlan,
  timed: readonly [Timed, ...Timed[]],
): BenchReport {
  const axis = commonAxis(timed.map(({ times }) => times))
  const measured = timed.map(({ name, about, times, ratios, threads }): Measured => {
    const { onnxruntime, executionProviders } = about
    return {
      name,
      ...(threads !== undefined && { threads }),
      onnxruntime,
      ...(executionProviders !== undefined && { executionProviders }),
      ...summarize(times, callers),
      histogram: histogram(times, axis),
      ...(ratios !== undefined && { ratios }),
    }
  })
  const all = cpus()
  const machine: Machine = {
    cpu: all[0]?.model.trim() || 'unknown CPU',
    cores: all.length,
    system: `${platform()} ${arch()}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
    node: process.versions.node,
    package: PACKAGE.version,
    engine: initialized().engine,
    ...(threads !== undefined && timed[0].threads === undefined && { threads }),
  }
  return { model, inputs: timed[0].about.inputs, seed, graph, callers, machine, measured }
}
