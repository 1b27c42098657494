import { writeFileSync } from 'node:fs'
import { type OptionValues, UsageError } from '../cli/command'
import { toSvg } from './plot'
import type { BenchReport } from './report'

/** Writes the files that `--save` and `--svg` name. */
export function writeResults(report: BenchReport, values: OptionValues): void {
  write(values, 'save', () => `${JSON.stringify(report, null, 2)}\n`)
  write(values, 'svg', () => toSvg(report))
}

function write(values: OptionValues, option: string, content: () => string): void {
  const file = values[option] as string | undefined
  if (file === undefined) return
  try {
    writeFileSync(file, content())
  } catch (error) {
    throw new UsageError(`--${option}: ${(error as Error).message}`)
  }
}
