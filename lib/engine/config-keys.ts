import { nearest } from '../check'
import { describe, OrtError } from '../errors'
import { RUN_KEYS, SESSION_KEYS } from './config-key-table'

/**
 * Keys of `extra`: ONNX Runtime ignores one that it does not know, so a misspelled one would remain unnoticed. Keys of providers
 * (`ep.`) are their own.
 */

const warned = new Set<string>()

/** @throws OrtError `ERR_UNKNOWN_OPTION` for a key of run options among those of a session */
export function refuseRunKeys(config: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(config)) {
    if (!Object.hasOwn(RUN_KEYS, key)) continue
    throw new OrtError('ERR_UNKNOWN_OPTION', `'extra' of a session has a key of run options, '${key}'`, {
      remedy: "Pass it in 'extra' of session.run's options",
    })
  }
}

/** Warns once of each key that this version of ONNX Runtime does not read. */
export function warnOfUnknownKeys(
  config: Readonly<Record<string, string>>,
  kind: 'session' | 'run',
  version: string,
): void {
  for (const key of Object.keys(config)) {
    if (key.startsWith('ep.') || warned.has(key)) continue
    const reason = unknown(key, kind, Number(version.split('.')[1]))
    if (reason === undefined) continue
    warned.add(key)
    process.emitWarning(
      `ONNX Runtime ${version} ignores ${describe(key)} of the ${kind} options: ${reason}`,
      {
        type: 'OnnxRuntimeIoBindingWarning',
        code: 'ERR_UNKNOWN_OPTION',
      },
    )
  }
}

/** Why the version ignores a key; undefined if it does not. */
function unknown(key: string, kind: 'session' | 'run', minor: number): string | undefined {
  const table = kind === 'session' ? SESSION_KEYS : RUN_KEYS
  if (Object.hasOwn(table, key))
    return table[key]! > minor ? `it is read from version 1.${table[key]} on` : undefined
  if (kind === 'run' && Object.hasOwn(SESSION_KEYS, key)) return 'it is a key of session options'
  const keys = Object.keys(table)
  // Part of a longer key, such as session.allow_spinning, is many edits away from it.
  const last = key.slice(key.lastIndexOf('.') + 1)
  const near = nearest(key, keys) ?? keys.findLast((known) => known.endsWith(`.${last}`))
  return near === undefined ? 'no key of that name exists' : `did you mean '${near}'?`
}
