// README.md is short, and Markdown wraps at 120 columns.
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { readPage, root } from './pages.ts'

const COLUMNS = 120
const README_WORDS = 900

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n')

const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '')
const isTable = (line: string) => line.startsWith('|')
const isIndentedCode = (line: string) => line.startsWith('    ')

/** Lines of prose that could be wrapped and are not. A line of one word, such as a link, cannot. */
function tooLong(text: string): string[] {
  return withoutFences(text)
    .split('\n')
    .filter(
      (line) => line.length > COLUMNS && !isTable(line) && !isIndentedCode(line) && /\S\s+\S/.test(line),
    )
}

/** Words of the text: without code blocks, tables, HTML comments and the targets of links. */
function words(text: string): number {
  const prose = withoutFences(text)
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/^\|.*$/gm, '')
    .replace(/\]\([^)]*\)/g, ']')
  return prose.match(/\S*[\p{L}\p{N}]\S*/gu)?.length ?? 0
}

test.each(pages)('%s wraps at 120 columns', (page) => {
  expect(tooLong(readPage(page))).toEqual([])
})

test('README.md has at most 900 words beside code and tables', () => {
  expect(words(readPage('README.md'))).toBeLessThanOrEqual(README_WORDS)
})

test('a long line is an error unless it is code, a table or one word', () => {
  const long = `${'word '.repeat(30)}end`
  expect(tooLong(long)).toEqual([long])
  expect(tooLong(['```sh', long, '```', `| ${long} |`, `    ${long}`, 'x'.repeat(200)].join('\n'))).toEqual(
    [],
  )
})

test('code, tables, comments and the targets of links are not words', () => {
  expect(words('two [words](a/b c.md)\n<!-- no -->\n| a | b |\n\n```js\nlet a\n```')).toBe(2)
})
