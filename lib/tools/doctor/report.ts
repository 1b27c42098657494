import type { OrtErrorCode } from '../../errors'

/**
 * What can be asked for: that the addon loads and opens ONNX Runtime (`native`), or that a run on a provider gives what it
 * must.
 */
export const REQUIREMENTS = ['native', 'cpu', 'cuda', 'webgpu'] as const
export type Requirement = (typeof REQUIREMENTS)[number]

/** In the order in which they are told. */
export type CheckName =
  | 'package'
  | 'node'
  | 'platform'
  | 'environment'
  | 'addon'
  | 'onnxruntime'
  | 'onnxruntime-node'
  | 'cuda-provider'
  | 'cuda-libraries'
  | 'cudnn'
  | 'cuda-driver'
  | 'gpus'
  | 'webgpu-adapter'
  | 'run-cpu'
  | 'run-cuda'
  | 'run-webgpu'

/**
 * - `ok`: works
 * - `problem`: does not work, or was asked for and is not there
 * - `absent`: is not there, and was not asked for
 * - `skipped`: was not looked at; the summary says why
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

/** What to do: in words, and as commands of this platform's shell (on Windows PowerShell's). */
export interface Remedy {
  readonly text: string
  readonly commands: readonly string[]
}

export interface Problem {
  readonly code: ProblemCode
  /** What was looked at, and how it failed. */
  readonly message: string
  readonly expected?: string
  readonly found?: string
  readonly remedy: Remedy
}

export interface Check {
  readonly name: CheckName
  readonly status: CheckStatus
  /** One line. */
  readonly summary: string
  /** Paths, versions and the like, by name. */
  readonly facts: Readonly<Record<string, string>>
  /** Of `problem`, and of `absent`: what is in the way. */
  readonly problem?: Problem
}

/** What `onnxruntime-iobinding doctor --json` prints. */
export interface Diagnosis {
  /** Whether all that was asked for works: the exit code is 0 where it does, else 1. */
  readonly ok: boolean
  /** Each thing that was asked for, and whether it works. */
  readonly required: Readonly<Partial<Record<Requirement, boolean>>>
  readonly checks: readonly Check[]
}
