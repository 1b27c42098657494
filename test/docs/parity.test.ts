// The tables of docs/from-onnxruntime-node.md, each of whose rows is run with both packages, in processes of their own.
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runScript } from '../native/child.ts'
import { readPage } from './pages.ts'
import { different, same } from './parity/rows.mjs'

const PAGE = readPage('docs/from-onnxruntime-node.md')

/** The cells of the rows of a section's table, as they are read. */
function table(heading: string): string[][] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

async function observe(name: string): Promise<Record<string, unknown>> {
  const env = { ONNXRUNTIME_IOBINDING_ENGINE: undefined, TEST_PROVIDERS: undefined }
  const program = join(import.meta.dirname, 'parity', 'program.mjs')
  const { code, stdout, stderr } = await runScript(program, [name], { env })
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

let theirs: Record<string, unknown>
let ours: Record<string, unknown>
beforeAll(async () => {
  theirs = await observe('onnxruntime-node')
  ours = await observe('onnxruntime-iobinding')
})

test('each row of the tables has a program, and each program a row', () => {
  // test/types compiles the row of the types.
  const rows = table('What is the same').map(([row]) => row!)
  expect(rows.filter((row) => !row.startsWith('types: '))).toEqual(Object.keys(same))
  expect(table('What differs').map(([row]) => row)).toEqual(Object.keys(different))
})

test.each(Object.keys(same))('%s is the same', (row) => {
  expect(ours[row]).toEqual(theirs[row])
  expect(theirs[row]).not.toBe('Error')
})

test.each(Object.keys(different))('%s differs as the table has it', (row) => {
  const [, their, our] = table('What differs').find(([name]) => name === row)!
  // Without code and links.
  const plain = (cell: string) => cell.replace(/`|\[|\]\(.*?\)/g, '')
  expect(theirs[row]).toBe(plain(their!))
  expect(ours[row]).toBe(plain(our!))
})
