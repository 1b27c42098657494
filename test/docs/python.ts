// The Python blocks that are parts of files, which other tests run.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleFiles } from '../examples/examples.ts'
import { type Block, root } from './pages.ts'

const folders = [join(root, 'scripts', 'export'), join(root, 'test', 'export', 'pitfalls')]
const files = [
  ...exampleFiles().filter(({ path }) => path.endsWith('.py')),
  ...folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.py'))
      .map((name) => ({ text: readFileSync(join(folder, name), 'utf8') })),
  ),
]

/** Whether a block is a verbatim part of an example or of the export scripts. */
export const isOfPythonFile = ({ code }: Block) =>
  files.some(({ text }) => `\n${text}`.includes(`\n${code}\n`))
