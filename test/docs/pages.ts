// The pages of the documentation and their code blocks.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** Paths relative to the root. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'examples/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

export interface Block {
  readonly page: string
  /** The number of its first line of code. */
  readonly line: number
  /** The fence's language; `sh` for an indented block. */
  readonly language: string
  readonly code: string
  /**
   * The HTML comment before the block, `<!-- setup: bert, on: cuda -->`.
   *
   * - `setup`: the file of preludes/ that precedes the code
   * - `on`: the required device, `cuda` or `webgpu`; or `linux`
   * - `output`: the block is the output of the block before it
   */
  readonly says: Readonly<Record<string, string>>
}

function readTags(comment: string): Record<string, string> {
  return Object.fromEntries(
    comment.split(',').map((part) => {
      const [key, ...value] = part.trim().split(/:\s*/)
      return [key!, value.join(':')]
    }),
  )
}

/** The fenced blocks of a page, and the indented ones, which are commands. */
export function pageBlocks(page: string): Block[] {
  const lines = readPage(page).split('\n')
  const blocks: Block[] = []
  let says: Block['says'] = {}
  for (let i = 0; i < lines.length; ++i) {
    const line = lines[i]!
    const comment = /^<!-- (.+) -->$/.exec(line)?.[1]
    const fence = /^```(\S*)$/.exec(line)
    const indented = line.startsWith('    ') && (lines[i - 1] ?? '') === ''
    if (comment !== undefined) says = readTags(comment)
    if (comment !== undefined || line === '') continue
    if (fence !== null || indented) {
      const first = indented ? i : i + 1
      const ends = (each: string) => (indented ? !/^(?: {4}|$)/.test(each) : each === '```')
      let last = first
      while (last < lines.length && !ends(lines[last]!)) ++last
      const code = lines.slice(first, last).map((each) => (indented ? each.slice(4) : each))
      const language = indented ? 'sh' : fence![1]!
      blocks.push({ page, line: first + 1, language, code: code.join('\n').replace(/^\n+|\s+$/g, ''), says })
      i = indented ? last - 1 : last
    }
    says = {}
  }
  return blocks
}

export const allBlocks = (): Block[] => PAGES.flatMap(pageBlocks)
