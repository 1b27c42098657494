/** What is wrong with an exported model, or worth knowing. */
export type FindingCode =
  /** The sample has an input that the model does not: unused, renamed, or baked in as a constant. */
  | 'input-vanished'
  /** The model wants an input that the sample does not have. */
  | 'input-unknown'
  | 'input-type'
  | 'output-vanished'
  | 'output-unknown'
  /** A size that the sample has is refused: the axis is declared fixed, or is declared dynamic and is not. */
  | 'axis-fixed'
  | 'run-failed'
  /** Results are not what the sample says. */
  | 'output-mismatch'
  /** An output has another shape than the model declares of it. */
  | 'output-shape'
  /** Two runs of the same inputs give different results. */
  | 'output-varies'
  /** No output changes whatever the input is. */
  | 'input-without-effect'
  /** What lies beyond the first sample's size along an axis changes no output. */
  | 'tail-without-effect'
  /** The output does not change with any input. */
  | 'output-constant'
  /** The output does not change with this input; others do. */
  | 'output-ignores-input'
  /** The input could not be varied, so nothing is known of its effect. */
  | 'input-not-varied'

export interface Finding {
  readonly code: FindingCode
  /** A note may be as it should be; a problem is one. */
  readonly severity: 'problem' | 'note'
  readonly message: string
  readonly remedy?: string
  readonly input?: string
  readonly output?: string
  readonly axis?: number
  /** Which of the samples, from 0. */
  readonly sample?: number
}

/** A sample that was run, or why it was not. */
export interface SampleRun {
  readonly sample: number
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly outputs?: Readonly<Record<string, readonly number[]>>
  /** To the sample's outputs, of all floating-point elements. */
  readonly largestDifference?: number
  readonly error?: string
}

export interface ExportReport {
  /** Whether there is no problem; there may be notes. */
  readonly ok: boolean
  readonly runs: readonly SampleRun[]
  readonly findings: readonly Finding[]
}

export type Details = Omit<Finding, 'code' | 'severity' | 'message'>

/** @internal collects what is found; the same thing found again is said once. */
export class Findings {
  readonly #found = new Map<string, Finding>()

  problem(code: FindingCode, message: string, details: Details = {}): void {
    this.#add({ code, severity: 'problem', message, ...details })
  }

  note(code: FindingCode, message: string, details: Details = {}): void {
    this.#add({ code, severity: 'note', message, ...details })
  }

  has(...codes: FindingCode[]): boolean {
    return this.all().some(({ code }) => codes.includes(code))
  }

  report(runs: readonly SampleRun[]): ExportReport {
    const findings = this.all()
    return { ok: findings.every(({ severity }) => severity === 'note'), runs, findings }
  }

  all(): Finding[] {
    return [...this.#found.values()]
  }

  #add(finding: Finding): void {
    const { code, input, output, axis, sample } = finding
    const key = JSON.stringify([code, input, output, axis, sample])
    if (!this.#found.has(key)) this.#found.set(key, finding)
  }
}
