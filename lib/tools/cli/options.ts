import type { ExecutionProvider } from '../../index'
import { type OptionValues, UsageError } from './command'

/** The model: the only argument. */
export function readModel(command: string, [model, ...more]: readonly string[]): string {
  if (model !== undefined && more.length === 0) return model
  throw new UsageError(`${command} takes one model`)
}

/** `--providers cuda,cpu` as the session option; a session checks the names. */
export function readProviders({ providers }: OptionValues): readonly ExecutionProvider[] {
  const names = (providers as string).split(',').map((name) => name.trim())
  if (!names.includes('')) return names as ExecutionProvider[]
  throw new UsageError(
    `--providers: expected names in the order in which to try them, such as cuda,cpu, got '${providers}'`,
  )
}

export function readNumber(values: OptionValues, key: string, least: number, most: number) {
  const text = values[key] as string | undefined
  if (text === undefined) return undefined
  const number = toNumber(text)
  if (number >= least && number <= most) return number
  throw new UsageError(`--${key}: expected a number from ${least} to ${most}, got '${text}'`)
}

export function readInteger(values: OptionValues, key: string, least: number) {
  const number = readNumber(values, key, least, 0x7fffffff)
  if (number === undefined || Number.isInteger(number)) return number
  throw new UsageError(`--${key}: expected an integer, got '${values[key]}'`)
}

/** NaN for a blank text too. */
export function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}
