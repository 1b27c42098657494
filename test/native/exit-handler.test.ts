import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { newFolder, withoutStubs } from './stub-libraries.ts'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const why = withoutStubs()

test.skipIf(why !== undefined)(
  `the exit handler runs once, before all others, and takes no memory each time that it is registered${why ? ` (skipped: ${why})` : ''}`,
  () => {
    const program = join(newFolder(), 'exit-handler')
    const sources = [path('fixtures/exit-handler.cc'), path('../../native/env/exit_handler.cc')]
    execFileSync('g++', ['-std=c++20', ...sources, '-o', program])
    const [bytes, ...handlers] = execFileSync(program, { encoding: 'utf8' }).trim().split('\n')
    expect(handlers).toEqual(['handler', 'after', 'before'])
    expect(Number(bytes)).toBeLessThan(100_000)
  },
)
