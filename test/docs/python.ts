// The blocks of Python, which are parts of files that other tests run.
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

/** Whether a block is part of an example or of the export scripts, word by word. */
export const isOfPythonFile = ({ code }: Block) =>
  files.some(({ text }) => `\n${text}`.includes(`\n${code}\n`))
