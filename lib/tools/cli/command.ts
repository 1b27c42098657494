import type { ParseArgsConfig } from 'node:util'

/** A command line that cannot be executed: its message is printed without a stack, and the exit code is 2. */
export class UsageError extends Error {
  /** @param help follows the message */
  constructor(
    message: string,
    readonly help?: string,
  ) {
    super(message)
  }
}

/** The values of a command's options, as parseArgs returns them. */
export type OptionValues = Readonly<Record<string, unknown>>

/** A subcommand of `onnxruntime-iobinding`. */
export interface Command {
  readonly summary: string
  readonly help: string
  readonly options: NonNullable<ParseArgsConfig['options']>
  /** @returns the exit code */
  run(positionals: readonly string[], options: OptionValues): Promise<number>
}

/** As the option is given. */
export const toOption = (name: string): string => `--${name}`
