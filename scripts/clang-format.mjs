// Checks the format of the C++ sources; --write fixes it.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { clangFormatPath } from 'clang-format-node'
import { root, run } from './run.mjs'

const files = [
  'native',
  join('test', 'fake-cuda'),
  join('test', 'cuda-simulation'),
  join('benchmarks', 'targets'),
].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((file) => /\.(cc|h)$/.test(file))
    .map((file) => join(folder, file)),
)
const args = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
process.exit(run(clangFormatPath, [...args, ...files]) ? 0 : 1)
