// Checks native/ by clang-tidy, with the checks of .clang-tidy: `npm run lint:tidy`. Needs build/compile_commands.json.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pythonTool, root } from './run.mjs'

const build = join(root, 'build')
const commands = join(build, 'compile_commands.json')
const clangTidy = pythonTool('clang-tidy')

if (!existsSync(commands)) {
  console.error(`${commands} is missing: npm run build:native`)
  process.exit(1)
}
if (spawnSync(clangTidy, ['--version']).error) {
  console.error('clang-tidy is missing: pip install -r .ci/requirements.txt')
  process.exit(1)
}

// What the build compiles: not the code of other platforms.
const files = new Set(JSON.parse(readFileSync(commands, 'utf8')).map(({ file }) => file))
const left = [...files].filter((file) => file.startsWith(join(root, 'native')))
let failed = 0

/** Checks file after file; returns when none is left. */
async function worker() {
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    const child = spawn(clangTidy, ['-p', build, '--quiet', file], { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code !== 0) failed++
    process.stdout.write(output)
  }
}

const count = left.length
await Promise.all(Array.from({ length: availableParallelism() }, worker))
console.log(`clang-tidy: ${count} files, ${failed} of them with findings`)
process.exitCode = failed > 0 || count === 0 ? 1 : 0
