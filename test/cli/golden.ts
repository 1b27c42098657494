import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

/**
 * Holds a command's whole output against the file that is committed, by what varies from machine to machine masked.
 * UPDATE_GOLDEN=1 rewrites the file, for a person to review.
 */
export function expectGolden(name: string, output: string): void {
  const path = join(import.meta.dirname, 'golden', `${name}.txt`)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, output)
  if (!existsSync(path)) throw new Error(`there is no ${path}: UPDATE_GOLDEN=1 writes it`)
  expect(output).toBe(readFileSync(path, 'utf8'))
}
