// docs/deployment.md's recipes with the packed tarball, where the checkout and node_modules of the project are not in reach.
import { execFile, execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { root } from '../../scripts/run.mjs'
import { pageBlocks } from '../docs/pages.ts'
import { environment, write } from '../package/example.ts'

const execute = promisify(execFile)
const project = inject('project')
const installed = join(project, 'node_modules', 'onnxruntime-iobinding')
const library = `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime.so.1`
const deployed = mkdtempSync(join(tmpdir(), 'onnxruntime-iobinding-deployed-'))
afterAll(() => rmSync(deployed, { recursive: true }))
const require = createRequire(join(project, 'package.json'))

const body = `const io = session.createIoBinding({ input_0: [1, 128], input_1: [1, 128] })
  io.inputs.input_1.fill(1n)
  io.runSync()
  console.log(session.engine, io.outputs.output_0.length)`
const service = `import { InferenceSession } from 'onnxruntime-iobinding'
const session = await InferenceSession.create(process.argv[2])
${body}`
/** The same as CommonJS. */
const commonJs = `const { InferenceSession } = require('onnxruntime-iobinding')
async function main() {
  const session = await InferenceSession.create(process.argv[2])
  ${body}
}
main()`
const model = join(installed, 'examples', 'models', 'language.onnx')

/** The files that a page's block or command makes, run in a folder of their own. */
async function expectRuns(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { stdout, stderr } = await execute(command, [...args, model], {
    cwd: deployed,
    env: { ...environment(), ...env },
  })
  expect({ stdout, stderr }).toEqual({ stdout: 'native 16\n', stderr: '' })
}

/** Runs what a bundler has left in the project's `out`, in a folder of its own. */
async function expectBundleRuns(name: string): Promise<void> {
  cpSync(join(installed, 'prebuilds'), join(project, 'out', 'prebuilds'), { recursive: true })
  await expectRuns(process.execPath, [join(deploy(name, ['out']), 'out', 'service.mjs')], {
    ORT_DYLIB_PATH: join(project, library),
  })
}

/** A folder with the copies of files of the project. */
function deploy(name: string, files: readonly string[]): string {
  const folder = join(deployed, name)
  for (const file of files) cpSync(join(project, file), join(folder, file), { recursive: true })
  return folder
}

const block = (file: string) => pageBlocks('docs/deployment.md').find(({ says }) => says.file === file)!.code

beforeAll(() => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))
  const tools = Object.entries(manifest.dependencies).map(([name, version]) => `${name}@${version}`)
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', ...tools], {
    cwd: project,
    stdio: 'pipe',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  })
  write('service.mjs', service)
  write('service.cjs', commonJs)
}, 300_000)

test('@vercel/nft finds the addon and the library of this platform, and nothing of another', async () => {
  const { nodeFileTrace } = require('@vercel/nft')
  const { fileList } = await nodeFileTrace([join(project, 'service.mjs')], { base: project })
  const traced = [...fileList] as string[]
  const addon = `node_modules/onnxruntime-iobinding/prebuilds/linux-${process.arch}/onnxruntime_iobinding.node`
  expect(traced.filter((file) => /\.(node|so)\b/.test(file)).sort()).toEqual([addon, library])
  const size = traced.reduce((sum, file) => sum + statSync(join(project, file)).size, 0)
  expect(size).toBeLessThan(60e6)
  await expectRuns(process.execPath, [join(deploy('traced', traced), 'service.mjs')])
})

/** Each by its own interface, since their commands are other packages. */
const builds: Readonly<Record<string, (config: unknown) => Promise<void>>> = {
  'webpack.config.mjs': (config) =>
    new Promise((resolve, reject) => {
      require('webpack')(config, (error: Error | null, stats: { hasErrors(): boolean }) => {
        if (error !== null || stats.hasErrors()) reject(error ?? new Error(String(stats)))
        else resolve()
      })
    }),
  'rollup.config.mjs': async (config) => {
    const options = { ...(config as { output: object }), onwarn: () => {} }
    const bundle = await require('rollup').rollup(options)
    await bundle.write(options.output)
  },
  'vite.config.mjs': async (config) => {
    const { build } = await import(join(project, 'node_modules', 'vite', 'dist', 'node', 'index.js'))
    await build({ ...(config as object), configFile: false, logLevel: 'error' })
  },
}

describe('inside the bundle', () => {
  const home = process.cwd()
  afterAll(() => process.chdir(home))

  test.each(Object.keys(builds))('%s', async (file) => {
    process.chdir(project)
    rmSync('out', { recursive: true, force: true })
    const { default: config } = await import(write(file, block(file)))
    await builds[file]!(config)
    await expectBundleRuns(file)
  })

  describe('an alias of onnxruntime-node', () => {
    const page = readFileSync(join(root, 'docs', 'drop-in.md'), 'utf8')
    /** docs/drop-in.md's option of a bundler. */
    const option = async (bundler: string) => {
      const row = page.split('\n').find((line) => line.startsWith(`| ${bundler} `))!
      const [, code] = /`(.+)`/.exec(row)!
      const { default: alias } = await import(
        join(project, 'node_modules', '@rollup', 'plugin-alias', 'dist', 'index.js')
      )
      return new Function('alias', `return { ${code} }`)(alias)
    }
    beforeAll(() => {
      write('service.mjs', service.replace("'onnxruntime-iobinding'", "'onnxruntime-node'"))
    })
    afterAll(() => {
      write('service.mjs', service)
    })

    test.each([
      ['webpack', { externals: [] }],
      ['Rollup', { external: [] }],
      ['Vite', { ssr: { noExternal: true } }],
    ])('%s', async (bundler, changed) => {
      process.chdir(project)
      rmSync('out', { recursive: true, force: true })
      const file = `${bundler.toLowerCase()}.config.mjs`
      const { default: config } = await import(write(file, block(file)))
      const { plugins = [], ...alias } = await option(bundler)
      const all = [...plugins, ...(config.plugins ?? [])]
      await builds[file]!({ ...config, ...changed, ...alias, ...(all.length > 0 && { plugins: all }) })
      await expectBundleRuns(`${bundler}-alias`)
    })

    test('esbuild', async () => {
      process.chdir(project)
      rmSync('out', { recursive: true, force: true })
      const banner = {
        js: (await import(write('banner.config.mjs', block('rollup.config.mjs')))).default.output.banner,
      }
      const options = { bundle: true, platform: 'node', format: 'esm', banner, ...(await option('esbuild')) }
      await require('esbuild').build({ ...options, entryPoints: ['service.mjs'], outfile: 'out/service.mjs' })
      await expectBundleRuns('esbuild-alias')
    })
  })

  test('ncc', async () => {
    const folder = join(deployed, 'ncc')
    mkdirSync(folder)
    const options = { externals: ['onnxruntime-node'], quiet: true }
    const { code } = await require('@vercel/ncc')(join(project, 'service.cjs'), options)
    writeFileSync(join(folder, 'index.js'), code)
    cpSync(join(installed, 'prebuilds'), join(folder, 'prebuilds'), { recursive: true })
    await expectRuns(process.execPath, [join(folder, 'index.js')], {
      ORT_DYLIB_PATH: join(project, library),
    })
  })
})

test('a single executable runs with the addon and the library beside it', async () => {
  write(
    'service.cjs',
    commonJs
      .replace('{ InferenceSession }', '{ InferenceSession, initialize }')
      .replace('async function', `${block('service.cjs')}\nasync function`),
  )
  const env = { ...process.env, ...environment(), PATH: process.env.PATH }
  await execute('sh', ['-ec', block('executable.sh')], { cwd: project, env })
  write('service.cjs', commonJs)
  await expectRuns(join(deploy('executable', ['service']), 'service', 'service'), [])
})

test('Next.js: the standalone output runs from a folder of its own', async () => {
  mkdirSync(join(project, 'app', 'classify'), { recursive: true })
  cpSync(model, join(project, 'model.onnx'))
  write('next.config.mjs', block('next.config.mjs'))
  write('app/layout.jsx', 'export default ({ children }) => <html><body>{children}</body></html>')
  const route = `import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
export const dynamic = 'force-dynamic'
const loaded = InferenceSession.create(join(process.cwd(), 'model.onnx'))
export async function GET() {
  const session = await loaded
  const io = session.createIoBinding({ input_0: [1, 128], input_1: [1, 128] })
  await io.run()
  return Response.json([session.engine, io.outputs.output_0.length])
}`
  write('app/classify/route.js', route)
  const env = { ...environment(), PATH: process.env.PATH, NEXT_TELEMETRY_DISABLED: '1' }
  await execute('npx', ['next', 'build'], { cwd: project, env })
  const folder = join(deploy('next', ['.next/standalone']), '.next', 'standalone')
  const server = spawn(process.execPath, ['server.js'], {
    cwd: folder,
    env: { ...environment(), PORT: '0', HOSTNAME: '127.0.0.1' },
  })
  try {
    let printed = ''
    for await (const part of server.stdout) {
      printed += part
      if (printed.includes('Ready')) break
    }
    const url = /http:\S+/.exec(printed)![0]
    expect(await (await fetch(`${url}/classify`)).json()).toEqual(['native', 16])
  } finally {
    server.kill()
  }
}, 900_000)

test("the container's steps leave less than 60 MB", async () => {
  const folder = deploy('container', ['package.json', 'node_modules'])
  // As `npm ci --omit=dev`: without the tools of this test.
  const names = [
    'bindings',
    'file-uri-to-path',
    'onnxruntime-common',
    'onnxruntime-iobinding',
    'onnxruntime-node',
  ]
  for (const name of readdirSync(join(folder, 'node_modules')))
    if (!names.includes(name)) rmSync(join(folder, 'node_modules', name), { recursive: true })
  const [, step] = block('Dockerfile').match(/^RUN (mkdir [\s\S]*?[^\\])$/m)!
  await execute('sh', ['-ec', step!], { cwd: folder })
  writeFileSync(join(folder, 'service.mjs'), service)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const size = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
  expect(size).toBeLessThan(60e6)
  expect(existsSync(join(folder, 'node_modules', 'onnxruntime-node'))).toBe(false)
  const variable = /^ENV ORT_DYLIB_PATH=\/app\/(.*)$/m.exec(block('Dockerfile'))![1]!
  await expectRuns(process.execPath, [join(folder, 'service.mjs')], {
    ORT_DYLIB_PATH: join(folder, variable),
  })
})
