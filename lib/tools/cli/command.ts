import type { ParseArgsConfig } from 'node:util'

/** What the user asked for cannot be done as it was asked: said without a stack, exit code 2. */
export class UsageError extends Error {}

/** A subcommand of `onnxruntime-iobinding`. */
export interface Command {
  readonly summary: string
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** @returns the exit code */
  run(positionals: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number>
}
