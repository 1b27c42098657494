import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { InferenceSession as Common } from 'onnxruntime-common'
import { bare, type Check, checkOptions, configEntries, INT_MAX, integer, string } from '../check'
import { warnOfUnknownKeys } from '../engine/config-keys'
import type { RunSettings } from '../engine/engine'
import { engine } from '../engine/select'
import { OrtError } from '../errors'

/** Options of ONNX Runtime for a run, of `session.run` and of a binding. */
export interface OrtRunOptions
  extends Pick<Common.RunOptions, 'tag' | 'logSeverityLevel' | 'logVerbosityLevel' | 'extra'> {
  /**
   * Profiles the run into a file of this prefix, to which ONNX Runtime (1.25 or newer) adds the time and `.json`. Not on the
   * onnxruntime-node engine.
   */
  readonly profile?: string
}

/** ONNX Runtime opens the file in each run, and reports nothing where it cannot. */
const profile: Check<string> = (value, name) => {
  const prefix = resolve(string(value, name))
  if (existsSync(dirname(prefix))) return prefix
  throw new OrtError('ERR_INVALID_ARG_VALUE', `'${name}' names a folder that does not exist`, {
    given: dirname(prefix),
    remedy: 'Make the folder before the run',
  })
}

/** The checks of {@link OrtRunOptions}. */
export const ORT_RUN_OPTIONS = {
  extra: configEntries,
  logSeverityLevel: integer(0, 4),
  logVerbosityLevel: integer(0, INT_MAX),
  profile,
  tag: string,
}

type CheckedOptions = { [K in keyof typeof ORT_RUN_OPTIONS]?: ReturnType<(typeof ORT_RUN_OPTIONS)[K]> }

/** The options in the engine's form; undefined where there are none. */
export function toRunSettings({ extra, profile, ...same }: CheckedOptions): RunSettings | undefined {
  const settings: RunSettings = bare(same)
  if (extra !== undefined) {
    warnOfUnknownKeys(extra, 'run', engine().library.version)
    settings.config = extra
  }
  if (profile !== undefined) settings.profileFilePrefix = profile
  return Object.keys(settings).length > 0 ? settings : undefined
}

/**
 * Run options that were checked and converted once, for many runs: see `session.prepareRunOptions`. They hold no `signal` and no
 * `upload`, which belong to a single run.
 */
export class PreparedRunOptions {
  /** @internal */
  readonly settings: RunSettings
  /** @internal A run of these options alone. */
  readonly alone: { readonly prepared: PreparedRunOptions } = Object.freeze({ prepared: this })

  private constructor(settings: RunSettings) {
    this.settings = settings
    Object.freeze(this)
  }

  /** @internal see `session.prepareRunOptions()` */
  static of(settings: RunSettings): PreparedRunOptions {
    return new PreparedRunOptions(settings)
  }

  /** @internal @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option */
  static create(options: OrtRunOptions): PreparedRunOptions {
    const settings = toRunSettings(checkOptions(options, ORT_RUN_OPTIONS, 'run option'))
    return PreparedRunOptions.of(settings ?? bare({}))
  }
}
