// Which models have runs that take any time.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { oneNode, slowLoop } from '../../test/helpers/model-builder.mjs'
import { mayLoop } from '../dist/loops.js'

const folder = mkdtempSync(join(tmpdir(), 'loops-'))
afterAll(() => rmSync(folder, { recursive: true }))

const CHUNK = 2 ** 20
const loop = slowLoop()
const behind = (bytes: number) => Buffer.concat([Buffer.alloc(bytes), Buffer.from('\x22\x04Loop')])

test.each([
  ['a loop', loop, true],
  ['no loop', oneNode(), false],
  ['a tensor named Loop', Buffer.from('\x0a\x04Loop'), false],
  ['a beam search', Buffer.from('\x22\x0aBeamSearch'), true],
  ['nothing', Buffer.alloc(0), false],
  ...[-5, -3, -1, 0, 1].map(
    (at) => [`a loop ${at} bytes from a chunk's end`, behind(CHUNK + at), true] as const,
  ),
] as const)('%s', async (name, model, expected) => {
  const path = join(folder, name)
  writeFileSync(path, model)
  expect(await mayLoop(path)).toBe(expected)
})
