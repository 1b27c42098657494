// Makes the tarball of a release, or reports why it cannot: `npm run release -- --help`. It does not publish.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../run.mjs'
import { checkPrebuilds, packTarball } from './tarball.mjs'

const HELP = `npm run release -- [options]

From a clean tree whose version has a date in CHANGELOG.md: lints, builds, prebuilds, tests, packs, and checks the files.

  --prebuilt   checks the addons in prebuilds/, which are of this commit, instead of building them`

const UNPUBLISHED = 'The package is not on the registry yet'

const npm = (...args) => {
  if (!run('npm', args, { shell: process.platform === 'win32' }))
    throw new Error(`npm ${args.join(' ')} failed`)
}

/** A release is what is committed, with its own version and repository. */
function checkCommitted({ version, repository }) {
  const changed = execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }).trimEnd()
  if (changed !== '') throw new Error(`the tree is dirty: commit or stash\n${changed}`)
  // npm refuses provenance where package.json does not name the repository.
  const { GITHUB_REPOSITORY } = process.env
  const url = repository?.url ?? repository
  if (url === undefined) throw new Error("package.json has no 'repository', which provenance requires")
  if (GITHUB_REPOSITORY !== undefined && !url.includes(GITHUB_REPOSITORY)) {
    throw new Error(`package.json names the repository ${url}: expected that of ${GITHUB_REPOSITORY}`)
  }
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  if (readme.includes(UNPUBLISHED)) throw new Error(`README.md still contains: ${UNPUBLISHED}`)
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
  const { values: options } = parseArgs({
    options: { prebuilt: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  if (options.help) return console.log(HELP)
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  checkCommitted(manifest)
  if (options.prebuilt) checkPrebuilds()
  // Output of deleted sources would be packed.
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  npm('ci') // builds too
  npm('run', 'lint')
  if (!options.prebuilt) {
    rmSync(join(root, 'prebuilds'), { recursive: true, force: true })
    npm('run', 'build:prebuilds')
  }
  checkPrebuilds()
  npm('test')
  packTarball(join(root, 'build', 'tarball'))
  // Only the workflow can publish with provenance.
  if (process.env.GITHUB_ACTIONS === undefined) {
    console.log(`\ngit tag v${manifest.version} && git push origin v${manifest.version}`)
  }
}

try {
  release()
} catch (error) {
  console.error(`not released: ${error.message}`)
  process.exitCode = 1
}
