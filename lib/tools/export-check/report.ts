/** What is wrong with an exported model, or notable. */
export type FindingCode =
  /** The sample has an input that the model does not: unused, renamed, or baked in as a constant. */
  | 'input-vanished'
  /** The model needs an input that the sample does not have. */
  | 'input-unknown'
  | 'input-type'
  | 'output-vanished'
  | 'output-unknown'
  /** The model rejects a size of the sample: the axis is declared fixed, or declared dynamic but baked in. */
  | 'axis-fixed'
  | 'run-failed'
  /** The results differ from the sample's. */
  | 'output-mismatch'
  /** An output has another shape than the model declares. */
  | 'output-shape'
  /** Two runs of the same inputs give different results. */
  | 'output-varies'
  /** No output changes with the input. */
  | 'input-without-effect'
  /** Elements beyond the first sample's size along an axis change no output. */
  | 'tail-without-effect'
  /** The output does not change with any input. */
  | 'output-constant'
  /** The output does not change with this input; others do. */
  | 'output-ignores-input'
  /** The input could not be varied, so its effect is unknown. */
  | 'input-not-varied'

export interface Finding {
  readonly code: FindingCode
  /** A note may be intended; a problem is not. */
  readonly severity: 'problem' | 'note'
  readonly message: string
  readonly remedy?: string
  readonly input?: string
  readonly output?: string
  readonly axis?: number
  /** The index of the sample. */
  readonly sample?: number
}

/** The run of a sample. */
export interface SampleRun {
  readonly sample: number
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly outputs?: Readonly<Record<string, readonly number[]>>
  /** From the sample's outputs, over all floating-point elements. */
  readonly largestDifference?: number
  readonly error?: string
}

export interface ExportReport {
  /** Whether no finding is a problem. */
  readonly ok: boolean
  readonly runs: readonly SampleRun[]
  readonly findings: readonly Finding[]
}

export type Details = Omit<Finding, 'code' | 'severity' | 'message'>

/** @internal collects the findings, each once */
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
