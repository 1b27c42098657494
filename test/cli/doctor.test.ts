import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { initialized } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { MODEL, SAMPLES } from '../../lib/tools/doctor/model.ts'
import { findSwiftShader } from '../../scripts/swiftshader.mjs'
import { oneNode } from '../helpers/model-builder.mjs'
import { copyPackage, temporaryFolder } from '../native/package-copy.ts'
import { diagnose, noDriver, problem, run } from './doctor-support.ts'

const { version, libraryPath } = initialized()
const windows = process.platform === 'win32'

test("the doctor's model equals the model builder's", () => {
  expect(Buffer.from(MODEL)).toEqual(Buffer.from(oneNode()))
  expect(SAMPLES.map(({ x }) => x + 1)).toEqual(SAMPLES.map(({ y }) => y))
})

describe.concurrent('the doctor', () => {
  test('prints one line per check', async () => {
    const { code, stdout, stderr } = await run([], {
      paths: [noDriver()],
      env: { FORCE_COLOR: '3', NO_COLOR: undefined },
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    // Not a terminal: no colors.
    expect(stdout).not.toContain('\x1b')
    const lines = stdout.split('\n')
    expect(lines.filter((line) => /^\w/.test(line)).map((line) => line.slice(0, 26).trim())).toEqual([
      'ok       package',
      'ok       Node',
      'ok       platform',
      'ok       CPUs',
      'ok       environment',
      'ok       native addon',
      'ok       ONNX Runtime',
      'ok       onnxruntime-node',
      expect.stringMatching(/^(ok|absent) +CUDA provider$/),
      expect.stringMatching(/ CUDA libraries$/),
      expect.stringMatching(/ cuDNN$/),
      'absent   CUDA driver',
      'skipped  GPUs',
      expect.stringMatching(/ WebGPU adapter$/),
      'ok       run on cpu',
      expect.stringMatching(/ run on cuda$/),
      expect.stringMatching(/ run on webgpu$/),
      'Required: native works, cp',
    ])
    expect(lines.filter((line) => line.startsWith('ok       '))).toEqual(
      expect.arrayContaining([
        `ok       Node              ${process.versions.node}`,
        `ok       ONNX Runtime      ${version}`,
        'ok       run on cpu        runs correctly on the native engine',
      ]),
    )
    expect(stdout).toMatch(/\nRequired: native works, cpu works\.\n$/)
  })

  test.skipIf(windows)('has colors on a terminal', async () => {
    const { stdout: where } = spawnSync('sh', ['-c', 'command -v script'], { encoding: 'utf8' })
    if (where === '') return console.log('skipped: there is no `script`, which makes a terminal')
    const cli = join(import.meta.dirname, '..', '..', 'dist', 'tools', 'cli', 'cli.js')
    // CI and FORCE_COLOR decide by themselves in hasColors(): the child has neither of this run's.
    const { PATH = '' } = process.env
    const terminal = { PATH, TERM: 'xterm-256color' }
    const colors = (env: Record<string, string>) =>
      spawnSync('script', ['-qec', `${process.execPath} ${cli} doctor --require cpu`, '/dev/null'], {
        env: { ...terminal, ...env },
        encoding: 'utf8',
      }).stdout.includes('\x1b[32mok')
    expect([colors({}), colors({ NO_COLOR: '1' })]).toEqual([true, false])
  })

  test('--json has the paths and versions', async () => {
    const { code, diagnosis, checks } = await diagnose([], { paths: [noDriver()] })
    expect(code).toBe(0)
    expect(diagnosis).toMatchObject({ ok: true, required: { native: true, cpu: true } })
    const root = join(import.meta.dirname, '..', '..')
    expect(checks.package).toEqual({
      name: 'package',
      status: 'ok',
      summary: expect.stringMatching(/^onnxruntime-iobinding \d+\.\d+\.\d+/),
      facts: { path: root },
    })
    expect(checks.node.facts).toEqual({ path: process.execPath })
    expect(checks.platform.summary).toContain(`${process.platform} ${process.arch}`)
    expect(checks.addon.facts.path).toMatch(/onnxruntime_iobinding\.node$/)
    expect(checks.addon.facts.path!.startsWith(root)).toBe(true)
    expect(checks.onnxruntime).toMatchObject({
      summary: version,
      facts: {
        path: libraryPath,
        source: 'onnxruntime-node',
        providers: expect.stringContaining('CPUExecutionProvider'),
      },
    })
    expect(checks['onnxruntime-node'].summary).toBe(`${version}, runs correctly`)
  })

  test('reports the C library', async () => {
    const { checks } = await diagnose(['--require', 'cpu'])
    const header = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
    const glibc = header.header.glibcVersionRuntime
    const libc = process.platform !== 'linux' ? '' : glibc === undefined ? ', musl' : `, glibc ${glibc}`
    expect(checks.platform.summary).toBe(`${process.platform} ${process.arch}${libc}`)
  })

  test.each([
    ['cpu', 0, { cpu: true }],
    ['native', 0, { native: true }],
    ['cuda', 1, { cuda: false }],
    ['native,cpu,cuda', 1, { native: true, cpu: true, cuda: false }],
  ])('--require %s has exit code %i', async (names, code, required) => {
    const { code: given, diagnosis } = await diagnose(['--require', names], { paths: [noDriver()] })
    expect({ code: given, ok: diagnosis.ok, required: diagnosis.required }).toEqual({
      code,
      ok: code === 0,
      required,
    })
  })

  test('accepts a timeout with a fraction of a millisecond', async () => {
    const { code, checks } = await diagnose(['--timeout', '100.0005', '--require', 'cpu'])
    expect({ code, status: checks['run-cpu'].status }).toEqual({ code: 0, status: 'ok' })
  })

  test('reports the relevant variables', async () => {
    const env = { CUDA_VISIBLE_DEVICES: '3', ONNXRUNTIME_IOBINDING_ENGINE: 'onnxruntime-node' }
    const { code, checks } = await diagnose([], { env })
    expect(code).toBe(0)
    expect(checks.environment.facts).toMatchObject(env)
    expect(checks['run-cpu'].summary).toBe('runs correctly on the onnxruntime-node engine')
  })
})

const swiftShader = findSwiftShader()
const none = 'reason' in swiftShader
test.skipIf(none)(
  `the doctor runs a model on WebGPU${none ? ` (skipped: ${swiftShader.reason})` : ''}`,
  async () => {
    const { env } = swiftShader as Exclude<typeof swiftShader, { reason: string }>
    const { code, diagnosis, checks } = await diagnose(['--require', 'webgpu'], { env })
    expect({ code, required: diagnosis.required }).toEqual({ code: 0, required: { webgpu: true } })
    expect(checks['webgpu-adapter']).toMatchObject({ status: 'ok' })
    expect(checks['webgpu-adapter'].facts.loaded).toContain('swiftshader')
    expect(checks['run-webgpu']).toMatchObject({
      status: 'ok',
      summary: 'runs correctly on the native engine',
    })
  },
)

describe('the doctor in a changed copy of the package', () => {
  test('reports a wrong result', async () => {
    const root = dirname(copyPackage('library.mjs', { addon: true, onnxruntimeNode: true }))
    const file = join(root, 'dist', 'tools', 'doctor', 'model.js')
    writeFileSync(file, readFileSync(file, 'utf8').replace('y: 42', 'y: 43'))
    const { code, checks } = await diagnose(['--require', 'cpu'], { root })
    expect(code).toBe(1)
    expect(checks['run-cpu']).toMatchObject(problem('ERR_RESULT_WRONG', 'doctor --json'))
    expect(checks['run-cpu'].problem).toMatchObject({ expected: '2 and 43', found: '2 and 42' })
  })

  test('reports a Node.js version that is too old', async () => {
    const root = dirname(copyPackage('library.mjs', { addon: true, onnxruntimeNode: true }))
    const file = join(root, 'package.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"node": ">=[\d.]+"/, '"node": ">=99.1"'))
    const { checks } = await diagnose([], { root })
    expect(checks.node).toMatchObject(problem('ERR_NODE_VERSION', 'nvm install'))
    expect(checks.node.problem).toMatchObject({ expected: '>=99.1', found: process.versions.node })
  })

  test('changes no file', async () => {
    const root = dirname(copyPackage('library.mjs', { addon: true }))
    const before = join(temporaryFolder(), 'before')
    cpSync(root, before, { recursive: true, verbatimSymlinks: true })
    await diagnose([], { root })
    const { status, stdout } = spawnSync('diff', ['-r', before, root], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })
})

describe.concurrent('the options of the doctor', () => {
  test.each([
    [['--require', 'gpu'], "expected one of native, cpu, cuda, webgpu, got 'gpu'"],
    [['--require', 'cpu,'], "got ''"],
    [['--require'], '--require'],
    [['--timeout', 'soon'], "--timeout: expected a number from 0.001 to 2147483, got 'soon'"],
    [['--timeout', '0'], "got '0'"],
    [['cuda'], 'doctor takes no arguments, got cuda'],
    [['--nonsense'], "unknown option '--nonsense'"],
  ])('are rejected without a stack and with exit code 2 if they are invalid: %j', async (args, says) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('are listed by --help', async () => {
    const { code, stdout } = await run(['--help'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('--require NAME') })
  })
})
