import { argumentTypeError, describe, OrtError, OrtRangeError, OrtTypeError } from './errors'

/** A check of an argument or option: returns its value, or throws an error that names it. */
export type Check<T> = (value: unknown, name: string) => T

/** Checks by the names of options. */
type Checks = Readonly<Record<string, Check<unknown>>>
type Checked<C extends Checks> = { -readonly [K in keyof C]?: ReturnType<C[K]> }

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The options that are given, checked; an option that is undefined or null is absent. A class may define them, Object.prototype may
 * not: a library that is tricked into adding to it would set options everywhere. The result has no prototype.
 *
 * @param what what each of them is, for the error of an unknown one
 * @throws OrtError `ERR_UNKNOWN_OPTION`; OrtTypeError, OrtRangeError naming the option
 */
export function checkOptions<C extends Checks>(options: unknown, checks: C, what: string): Checked<C> {
  const given = record(options, 'options')
  checkKnown(given, Object.keys(checks), what)
  const checked: Checked<C> = bare({})
  for (const name of Object.keys(checks) as (keyof C & string)[]) {
    const value = property(given, name)
    if (value !== undefined && value !== null)
      checked[name] = checks[name]!(value, name) as ReturnType<C[typeof name]>
  }
  return checked
}

/** @throws OrtError `ERR_UNKNOWN_OPTION`, with the known name that was probably meant */
export function checkKnown(options: object, known: readonly string[], what: string): void {
  for (const [key, value] of Object.entries(options)) {
    if (known.includes(key) || value === undefined) continue
    const near = nearest(key, known)
    throw new OrtError('ERR_UNKNOWN_OPTION', `unknown ${what} ${describe(key)}`, {
      expected: `one of ${known.join(', ')}`,
      ...(near !== undefined && { remedy: `Did you mean '${near}'?` }),
    })
  }
}

/** The comparison of two texts takes as many steps as the product of their lengths. */
const LONGEST_COMPARED = 100

/** The same name in another spelling, or the one that is fewest edits away. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_COMPARED) return undefined
  const plain = (text: string) => text.replaceAll(/[_-]/g, '').toLowerCase()
  let best: string | undefined
  let least = Math.min(4, name.length / 2)
  for (const candidate of known) {
    if (candidate.length > LONGEST_COMPARED) continue
    const edits = distance(plain(name), plain(candidate))
    if (edits < least) [best, least] = [candidate, edits]
  }
  return best
}

/** Levenshtein distance: the insertions, deletions and replacements that turn one text into the other. */
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

export const integer =
  (least: number, most: number): Check<number> =>
  (value, name) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
    const details = { expected: `an integer from ${least} to ${most}`, given: describe(value) }
    if (typeof value === 'number')
      throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is out of range`, details)
    throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${name}' must be a number`, details)
  }

/** Largest `int` of ONNX Runtime's C API. */
export const INT_MAX = 0x7fffffff

export const boolean: Check<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value
  throw argumentTypeError(name, 'a boolean', value)
}

export const string: Check<string> = (value, name) => {
  if (typeof value !== 'string') throw argumentTypeError(name, 'a string', value)
  // ONNX Runtime's C API ignores what follows a NUL.
  if (!value.includes('\0')) return value
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' contains a NUL character`, {
    given: JSON.stringify(value),
  })
}

/** `new Array(2 ** 32 - 1)` costs nothing; a look at its entries takes minutes. */
const LONGEST_ARRAY = 2 ** 20

/** A copy without holes. @param expected what the array must be, in the error of another value */
export const array =
  (expected: string): Check<readonly unknown[]> =>
  (value, name) => {
    if (!Array.isArray(value)) throw argumentTypeError(name, expected, value)
    if (value.length <= LONGEST_ARRAY) return Array.from(value)
    throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}' is too long`, {
      expected: `at most ${LONGEST_ARRAY} entries`,
      given: String(value.length),
    })
  }

export const strings: Check<readonly string[]> = (value, name) => {
  const expected = 'an array of strings'
  return array(expected)(value, name).map((entry) => {
    if (typeof entry === 'string') return string(entry, name)
    throw argumentTypeError(name, expected, value)
  })
}

export const record: Check<Record<string, unknown>> = (value, name) => {
  if (isRecord(value)) return value
  throw argumentTypeError(name, 'an object', value)
}

/** A name of a table, which is read as what it stands for. */
export const choice =
  <T>(choices: Readonly<Record<string, T>>): Check<T> =>
  (value, name) => {
    if (typeof value === 'string' && Object.hasOwn(choices, value)) return choices[value]!
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `invalid '${name}'`, {
      expected: Object.keys(choices).join(', '),
      given: describe(value),
    })
  }

/** ONNX Runtime's own keys have four parts at most. */
const DEEPEST = 32

/**
 * Configuration entries by dotted keys, from nested objects such as onnxruntime-common's `extra`:
 * `{ session: { intra_op: { allow_spinning: '0' } } }` is `session.intra_op.allow_spinning`.
 */
export const configEntries: Check<Record<string, string>> = (value, argument) => {
  const entries: Record<string, string> = bare({})
  const visit = (node: Record<string, unknown>, prefix: string, above: readonly unknown[]) => {
    if (above.includes(node))
      throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}' contains itself, at '${prefix}'`)
    if (above.length >= DEEPEST)
      throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${argument}' is nested too deeply`, {
        expected: `at most ${DEEPEST} objects within each other`,
      })
    for (const [name, entry] of Object.entries(node)) {
      const key = string(prefix + name, argument)
      if (isRecord(entry)) visit(entry, `${key}.`, [...above, node])
      else if (typeof entry === 'boolean') entries[key] = entry ? '1' : '0'
      else if (typeof entry === 'string' || typeof entry === 'number')
        entries[key] = string(String(entry), key)
      else
        throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' has an invalid entry, '${key}'`, {
          expected: 'a string, a number, a boolean or an object of them',
          given: describe(entry),
        })
    }
  }
  visit(record(value, argument), '', [])
  return entries
}

/** The bytes of a buffer, without a copy. @throws OrtError `ERR_DETACHED` */
export function bufferBytes(buffer: ArrayBufferLike, name: string): Uint8Array {
  try {
    return new Uint8Array(buffer)
  } catch (cause) {
    throw new OrtError('ERR_DETACHED', `'${name}' was detached (transferred)`, { cause })
  }
}

/** A property of an object, or of its class; undefined where it is only in Object.prototype, to which anything can be added. */
export function property(object: object, name: string): unknown {
  for (
    let owner: object | null = object;
    owner !== null;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    if (owner !== object && isObjectPrototype(owner)) return undefined
    if (Object.hasOwn(owner, name)) return (object as Record<string, unknown>)[name]
  }
  return undefined
}

/** Of any realm. */
function isObjectPrototype(object: object): boolean {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, 'hasOwnProperty')
}

/** A copy without a prototype: what it lacks is undefined. */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object)
}

/** Sets a property of any name: an assignment to `__proto__` sets none. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
