// Every link on the pages leads to an existing file and heading of the repository.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { packedFiles } from '../../scripts/release/tarball.mjs'
import { PAGES, readPage, root } from './pages.ts'

const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '')

/** The anchors that GitHub derives from a page's headings. */
function anchors(page: string): string[] {
  return [...withoutCode(readPage(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}

const links = PAGES.flatMap((page) =>
  [...withoutCode(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target]) => [`${page} -> ${target}`, page, target!] as const,
  ),
).filter(([, , target]) => !/^https?:/.test(target))

test('the pages contain links', () => {
  expect(links.length).toBeGreaterThan(40)
})

test.each(links)('%s exists', (_, page, target) => {
  const [path, anchor] = target.split('#') as [string, string?]
  const file = path === '' ? page : normalize(join(dirname(page), path))
  expect(existsSync(join(root, file)), file).toBe(true)
  if (anchor !== undefined) expect(anchors(file)).toContain(anchor)
})

test('a packed page links to packed files only', () => {
  const packed = packedFiles()
  const isPacked = (file: string) => packed.some((path) => path === file || path.startsWith(`${file}/`))
  const broken = links
    .map(([, page, target]) => ({ page, file: normalize(join(dirname(page), target.split('#')[0]!)) }))
    .filter(
      ({ page, file }) => isPacked(page) && file !== dirname(page) && !isPacked(file.replace(/\/$/, '')),
    )
  expect(broken).toEqual([])
})

test('docs/README.md links to every page of docs/', () => {
  const index = readPage('docs/README.md')
  for (const page of PAGES.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md'))
    expect(index).toContain(`](${page.slice('docs/'.length)})`)
})
