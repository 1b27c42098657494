import type { OrtErrorCode } from '../../errors'

/** What a check is called in the text, and the requirement that it is about. */
export interface CheckRow {
  readonly label: string
  readonly requirement?: Requirement
}

/** All checks, in the order of the report. */
export const CHECKS = {
  package: { label: 'package' },
  node: { label: 'Node' },
  platform: { label: 'platform' },
  cpus: { label: 'CPUs' },
  environment: { label: 'environment' },
  addon: { label: 'native addon', requirement: 'native' },
  onnxruntime: { label: 'ONNX Runtime', requirement: 'native' },
  'onnxruntime-node': { label: 'onnxruntime-node' },
  'cuda-provider': { label: 'CUDA provider', requirement: 'cuda' },
  'cuda-libraries': { label: 'CUDA libraries', requirement: 'cuda' },
  cudnn: { label: 'cuDNN', requirement: 'cuda' },
  'cuda-driver': { label: 'CUDA driver', requirement: 'cuda' },
  gpus: { label: 'GPUs', requirement: 'cuda' },
  'webgpu-adapter': { label: 'WebGPU adapter', requirement: 'webgpu' },
  'run-cpu': { label: 'run on cpu', requirement: 'cpu' },
  'run-cuda': { label: 'run on cuda', requirement: 'cuda' },
  'run-webgpu': { label: 'run on webgpu', requirement: 'webgpu' },
} as const satisfies Readonly<Record<string, CheckRow>>

export type CheckName = keyof typeof CHECKS

/**
 * What can be required, and the checks that prove it: that the addon loads and opens ONNX Runtime (`native`), or that a
 * run on a provider returns the right result.
 */
export const PROOFS = {
  native: ['addon', 'onnxruntime'],
  cpu: ['run-cpu'],
  cuda: ['run-cuda'],
  webgpu: ['run-webgpu'],
} as const

export type Requirement = keyof typeof PROOFS

/**
 * - `ok`: works
 * - `problem`: does not work, or was required and is missing
 * - `absent`: is missing, and was not required
 * - `skipped`: was not checked; the summary says why
 */
export type CheckStatus = 'ok' | 'problem' | 'absent' | 'skipped'

/** Codes that only the doctor reports. */
export const DOCTOR_CODES = [
  'ERR_LIBC', // a library for another C library: for musl on a system with glibc, or the other way round
  'ERR_LIBC_VERSION', // a library for a newer glibc or libstdc++
  'ERR_NODE_VERSION',
  'ERR_PROBE_CRASHED',
  'ERR_PROBE_TIMEOUT',
  'ERR_RESULT_WRONG',
] as const

/** The package's error codes, and the doctor's. */
export type ProblemCode = OrtErrorCode | (typeof DOCTOR_CODES)[number]

/** What to do: a sentence, and commands for this platform's shell (PowerShell on Windows). */
export interface Remedy {
  readonly text: string
  readonly commands: readonly string[]
}

export interface Problem {
  readonly code: ProblemCode
  /** What was checked, and how it failed. */
  readonly message: string
  readonly expected?: string | undefined
  readonly found?: string | undefined
  readonly remedy: Remedy
}

export interface Check {
  readonly name: CheckName
  readonly status: CheckStatus
  /** One line. */
  readonly summary: string
  /** Paths, versions and the like, by name. */
  readonly facts: Readonly<Record<string, string>>
  /** Of a `problem`, and of what is `absent`. */
  readonly problem?: Problem
}

/** What `onnxruntime-iobinding doctor --json` prints. */
export interface Diagnosis {
  /** Whether everything required works: the exit code is 0 where it does, else 1. */
  readonly ok: boolean
  /** Each requirement, and whether it works. */
  readonly required: Readonly<Partial<Record<Requirement, boolean>>>
  readonly checks: readonly Check[]
}
