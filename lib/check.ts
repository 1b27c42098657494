import { describe, OrtError, OrtRangeError, OrtTypeError } from './errors'

/** Checks of option objects: each returns undefined for an absent option, and throws an error that names a bad one. */

type Options = object

function read(options: Options, key: string): unknown {
  return (options as Record<string, unknown>)[key]
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function checkKnown(options: Options, known: readonly string[], what: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key) || read(options, key) === undefined) continue
    const near = nearest(key, known)
    throw new OrtError('ERR_UNKNOWN_OPTION', `unknown ${what} '${key}'`, {
      expected: `one of ${known.join(', ')}`,
      ...(near !== undefined && { remedy: `Did you mean '${near}'?` }),
    })
  }
}

/** The name that was probably meant: the same in another spelling, or a slip or two away. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.replaceAll(/[_-]/g, '').toLowerCase()
  let best: string | undefined
  let least = Math.min(4, name.length / 2)
  for (const candidate of known) {
    const edits = distance(plain(name), plain(candidate))
    if (edits < least) [best, least] = [candidate, edits]
  }
  return best
}

/** Levenshtein's: insertions, deletions and replacements that make one of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; ++i) {
    const next = [i]
    for (let j = 1; j <= to.length; ++j) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}

export function checkInteger(options: Options, key: string, least: number, most: number): number | undefined {
  const value = read(options, key)
  if (value === undefined) return undefined
  const details = { expected: `an integer from ${least} to ${most}`, given: describe(value) }
  if (typeof value !== 'number')
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${key}' must be a number`, details)
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${key}' is out of range`, details)
  }
  return value
}

export function checkBoolean(options: Options, key: string): boolean | undefined {
  const value = read(options, key)
  if (value === undefined || typeof value === 'boolean') return value
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${key}' must be a boolean`, { given: describe(value) })
}

export function checkString(options: Options, key: string): string | undefined {
  const value = read(options, key)
  if (value === undefined) return undefined
  if (typeof value === 'string') return checkNoNul(value, key)
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${key}' must be a string`, { given: describe(value) })
}

export function checkStrings(options: Options, key: string): readonly string[] | undefined {
  const value = read(options, key)
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) {
    return value.map((entry) => checkNoNul(entry, key))
  }
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${key}' must be an array of strings`, {
    given: describe(value),
  })
}

/** ONNX Runtime's C API would take what follows a NUL for not there. */
function checkNoNul(text: string, key: string): string {
  if (!text.includes('\0')) return text
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${key}' holds NUL`, { given: JSON.stringify(text) })
}

/** What stands for a named choice. */
export function checkChoice<T>(
  options: Options,
  key: string,
  choices: Readonly<Record<string, T>>,
): T | undefined {
  const value = read(options, key)
  if (value === undefined) return undefined
  if (typeof value === 'string' && Object.hasOwn(choices, value)) return choices[value]
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${key}'`, {
    expected: Object.keys(choices).join(', '),
    given: describe(value),
  })
}

/**
 * Configuration entries by dotted keys out of nested objects, as onnxruntime-common's `extra` has them:
 * `{ session: { intra_op: { allow_spinning: '0' } } }` is `session.intra_op.allow_spinning`.
 */
export function flatten(value: unknown, argument: string): Record<string, string> {
  if (!isRecord(value)) {
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' must be an object`, {
      given: describe(value),
    })
  }
  const entries: Record<string, string> = {}
  const visit = (node: Record<string, unknown>, prefix: string, above: readonly unknown[]) => {
    if (above.includes(node)) {
      throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}' holds itself, at '${prefix}'`)
    }
    for (const [name, entry] of Object.entries(node)) {
      const key = prefix + name
      if (isRecord(entry)) visit(entry, `${key}.`, [...above, node])
      else if (typeof entry === 'boolean') entries[key] = entry ? '1' : '0'
      else if (typeof entry === 'string' || typeof entry === 'number')
        entries[checkNoNul(key, argument)] = checkNoNul(String(entry), key)
      else {
        throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' has an invalid entry, '${key}'`, {
          expected: 'a string, a number, a boolean or an object of them',
          given: describe(entry),
        })
      }
    }
  }
  visit(value, '', [])
  return entries
}
