// Makes the tarball of a release, or says why not: `npm run release -- --help`. It publishes nothing: its last line is the command.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../run.mjs'
import { checkPrebuilds, packTarball } from './tarball.mjs'

const HELP = `npm run release -- [options]

From a clean tree whose version CHANGELOG.md dates: lint, build, prebuild, test, pack, and check what was packed.

  --prebuilt   the prebuilt addons of this commit are in prebuilds/ already: they are checked, not built`

const { values: options } = parseArgs({
  options: { prebuilt: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})

const npm = (...args) => {
  if (!run('npm', args, { shell: process.platform === 'win32' }))
    throw new Error(`npm ${args.join(' ')} failed`)
}

/** What is released is what is committed, and says of itself what it is. */
function checkCommitted() {
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trimEnd()
  if (changed !== '') throw new Error(`the tree is dirty: commit, or put away\n${changed}`)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')
  const heading = changelog.match(/^## (.+)$/m)?.[1]
  const match = /^(\S+) \((\d{4}-\d\d-\d\d)\)$/.exec(heading ?? '')
  if (match?.[1] !== version) {
    throw new Error(
      `CHANGELOG.md begins with '${heading}': expected '${version} (YYYY-MM-DD)', package.json's version and its day`,
    )
  }
}

function release() {
  checkCommitted()
  if (options.prebuilt) checkPrebuilds()
  // What is left of sources that are gone would be packed.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  npm('ci') // builds too
  npm('run', 'lint')
  if (!options.prebuilt) {
    rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
    npm('run', 'build:prebuilds')
  }
  checkPrebuilds()
  npm('test')
  const tarball = packTarball(join(root, 'build', 'release'))
  console.log(`\nnpm publish --provenance --access public ${tarball}`)
}

if (options.help) console.log(HELP)
else {
  try {
    release()
  } catch (error) {
    console.error(`not released: ${error.message}`)
    process.exitCode = 1
  }
}
