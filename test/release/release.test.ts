// What `npm run release` refuses. That it makes a tarball where all is well takes minutes, and is a release.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../../scripts/run.mjs'

/** A repository of its own with what the script reads, committed. */
function repository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of [
    'scripts',
    'native',
    'CMakeLists.txt',
    'package-lock.json',
    'CHANGELOG.md',
    '.gitignore',
  ])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  writeManifest(folder, { url: 'git+https://example.org/owner/name.git' })
  writeFileSync(join(folder, 'README.md'), 'Published.\n')
  execFileSync('git', ['init', '--quiet'], { cwd: folder })
  return folder
}

function writeManifest(folder: string, repository: object | undefined): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, repository }))
}

function commit(folder: string): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org']
  execFileSync('git', ['add', '--all'], { cwd: folder })
  execFileSync('git', [...identity, 'commit', '--quiet', '--message', 'test'], { cwd: folder })
}

function release(folder: string, args: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const script = join(folder, 'scripts', 'release', 'release.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    env: { ...process.env, GITHUB_REPOSITORY: undefined, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** As the day of a release has it. */
function date(folder: string, heading: string): void {
  const file = join(folder, 'CHANGELOG.md')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^## .*$/m, `## ${heading}`))
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const { version } = manifest

test('the release refuses a dirty tree', () => {
  const folder = repository()
  date(folder, `${version} (2026-01-31)`)
  commit(folder)
  writeFileSync(join(folder, 'stray.txt'), '')
  expect(release(folder)).toEqual({
    status: 1,
    stdout: '',
    stderr: 'not released: the tree is dirty: commit or stash\n?? stray.txt\n',
  })
})

test.each(['0.0.0 (2026-01-31)', `${version} (unreleased)`])(
  'the release refuses a changelog that begins with %s',
  (heading) => {
    const folder = repository()
    date(folder, heading)
    commit(folder)
    const { status, stderr } = release(folder)
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `not released: CHANGELOG.md begins with '${heading}': expected '${version} (YYYY-MM-DD)', package.json's version and its day\n`,
    })
  },
)

test.each([
  [undefined, {}, "package.json has no 'repository', which provenance requires"],
  [
    { url: 'git+https://example.org/owner/name.git' },
    { GITHUB_REPOSITORY: 'other/name' },
    'package.json names the repository git+https://example.org/owner/name.git: expected that of other/name',
  ],
])('the release refuses the repository %j', (named, env, message) => {
  const folder = repository()
  date(folder, `${version} (2026-01-31)`)
  writeManifest(folder, named)
  commit(folder)
  const { status, stderr } = release(folder, [], env)
  expect({ status, stderr }).toEqual({ status: 1, stderr: `not released: ${message}\n` })
})

test('the release refuses a README that calls the package unpublished', () => {
  const folder = repository()
  date(folder, `${version} (2026-01-31)`)
  writeFileSync(join(folder, 'README.md'), '**The package is not on the registry yet.**\n')
  commit(folder)
  expect(release(folder).stderr).toBe(
    'not released: README.md still contains: The package is not on the registry yet\n',
  )
})

test('the release refuses an unknown option', () => {
  const { status, stderr } = release(repository(), ['--nonsense'])
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^not released: Unknown option/),
  })
})

test('the release refuses a missing prebuilt addon', () => {
  const folder = repository()
  date(folder, `${version} (2026-01-31)`)
  commit(folder)
  const { status, stderr } = release(folder, ['--prebuilt'])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^not released: prebuilt addons are missing or invalid: npm run build:prebuilds\n/)
  for (const target of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'])
    expect(stderr).toContain(join('prebuilds', target, 'onnxruntime_iobinding.node'))
})
