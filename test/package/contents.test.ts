// The files of the tarball, and its package.json.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, inject, it } from 'vitest'
import { checkBinary } from '../../scripts/prebuild/check-binary.mjs'
import { targets } from '../../scripts/prebuild/targets.mjs'
import { root, tool } from '../../scripts/run.mjs'

const installed = join(inject('project'), 'node_modules', 'onnxruntime-iobinding')
const files = readdirSync(installed, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) =>
    join(parentPath, name)
      .slice(installed.length + 1)
      .split(sep)
      .join('/'),
  )
const prebuilt = files.filter((file) => file.startsWith('prebuilds/'))

it('the tarball contains exactly the compiled TypeScript, the prebuilt addons and the documentation', () => {
  const compiled = (file: string) => /^dist\/.*\.(js|mjs|d\.ts|d\.mts)$/.test(file)
  const read = (file: string) => /^(docs|examples)\//.test(file)
  const tracked = execFileSync('git', ['ls-files', 'docs', 'examples'], { cwd: root, encoding: 'utf8' })
  expect(files.filter(read).sort()).toEqual(tracked.trim().split('\n').sort())
  const others = files.filter((file) => !compiled(file) && !read(file) && !prebuilt.includes(file))
  expect(others.sort()).toEqual([
    ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'],
    'benchmarks/README.md',
    ...['bert-cpu', 'clients', 'cpu', 'server', 'throughput'].map((plot) => `benchmarks/results/${plot}.svg`),
    'package.json',
    ...[
      'cuda-simulation/README.md',
      'export/pitfalls/arguments.py',
      'export/pitfalls/modules.py',
      'gpu/README.md',
      'models/README.md',
    ].map((file) => `test/${file}`),
  ])
  // dist/ could contain the output of a removed source. The library's modules are in dist/library.js and dist/rest.js.
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  const expected = sources.filter((file) => /\.m?ts$/.test(file)).map((file) => file.replaceAll(sep, '/'))
  expected.push('library.ts', 'rest.ts')
  const built = new Set(
    files
      .filter(compiled)
      .map((file) => file.replace(/^dist\//, '').replace(/(\.d)?\.(m?)(js|ts)$/, '.$2ts')),
  )
  expect([...built].sort()).toEqual(expected.sort())
})

it('the tarball contains no file of ONNX Runtime', () => {
  expect(files.filter((file) => /\.(so|dll|dylib)(\.|$)/i.test(file))).toEqual([])
  expect(files.filter((file) => /\.node$/.test(file))).toEqual(prebuilt)
})

it.each(prebuilt)('%s matches its platform, is below 1.1 MB and needs no newer system', (file) => {
  const target = targets[file.split('/')[1]!]!
  expect(target, file).toBeDefined()
  expect(file).toBe(`prebuilds/${target.platform}-${target.arch}/onnxruntime_iobinding.node`)
  expect(checkBinary(join(installed, file), target, { portable: true })).toMatch(/kB/)
})

it('the tarball is below 1.5 MB without the addons', () => {
  const bytes = files
    .filter((file) => !prebuilt.includes(file))
    .map((file) => statSync(join(installed, file)).size)
  expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(1_500_000)
})

it('the tarball passes publint', async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true, pack: false })
  const pkg = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

it('the tarball has correct types for every way to import it (attw)', () => {
  // The profile omits node10's resolution, which lacks subpaths. Node.js has not used it since version 12.
  const attw = tool('@arethetypeswrong/cli', 'attw')
  const args = [attw, inject('tarball'), '--profile', 'node16', '--format', 'json']
  const { analysis } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }))
  expect(analysis.types).toMatchObject({ kind: 'included' })
  expect(
    analysis.problems.filter(({ resolutionKind }: { resolutionKind: string }) => resolutionKind !== 'node10'),
  ).toEqual([])
})
