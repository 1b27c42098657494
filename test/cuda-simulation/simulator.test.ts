// The simulator's own tests: small CUDA programs, most of them wrong in one place.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { build } from './simulation.mjs'

const provider = join(dirname(process.env.ORT_DYLIB_PATH!), 'libonnxruntime_providers_cuda.so')
const folder = mkdtempSync(join(tmpdir(), 'cuda-misuse-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a program of programs/misuse.cc printed, and the misuses that the simulator saw. */
function run(program: string, env = {}) {
  const log = join(folder, `${program}.log`)
  const { status, signal, stdout } = spawnSync(join(build, 'misuse'), [provider, program], {
    env: { ...process.env, CUDASIM_VIOLATIONS: log, ...env },
    encoding: 'utf8',
  })
  const violations = existsSync(log) ? readFileSync(log, 'utf8') : ''
  return { ended: signal ?? status, output: stdout.trim().split('\n'), violations }
}

const right = (...output: string[]) => ({ ended: 0, output, violations: '' })
const wrong = (violation: RegExp, ...output: string[]) => ({
  ended: 0,
  output,
  violations: expect.stringMatching(violation),
})

const ILLEGAL_ADDRESS = ['wait: 700', 'next call: 700']

test('a kernel, a copy and a wait give the right result', () => {
  expect(run('right order')).toEqual(right('launch: 0', 'copy: 0', 'wait: 0', '42 42'))
})

test('without a wait nothing is done, and the first query finds it not ready', () => {
  const ofStream = ['first query of the stream: 600', 'second query of the stream: 0', '43']
  expect(run('missing wait')).toEqual(right('1', 'first query: 600', 'second query: 0', '42', ...ofStream))
})

test('without an event another stream reads the old values', () => {
  expect(run('missing event')).toEqual(right('wait: 0', '1'))
  expect(run('event')).toEqual(right('wait: 0', '42'))
})

test.each(['1', '7', '23'])('an interleaving (%s) keeps the order that an event gives', (seed) => {
  expect(run('event', { CUDASIM_INTERLEAVE: seed })).toEqual(right('wait: 0', '42'))
})

test('a kernel that writes one element too far breaks the context', () => {
  expect(run('out of bounds')).toEqual(wrong(/_Fill.*4 bytes at/, 'launch: 0', ...ILLEGAL_ADDRESS))
})

test('a kernel that writes to freed memory breaks the context', () => {
  expect(run('use after free')).toEqual(
    wrong(/_Fill.*4 bytes at/, 'free: 0', 'launch: 0', ...ILLEGAL_ADDRESS),
  )
})

test('a misaligned access breaks the context', () => {
  expect(run('misaligned')).toEqual(wrong(/_Fill/, 'launch: 0', 'wait: 716', 'next call: 716'))
})

test('a replay whose memory was freed breaks the context', () => {
  const before = ['cuStreamEndCapture: 0', 'instantiate: 0', 'replay: 0', 'wait: 0', 'free: 0']
  expect(run('stale graph')).toEqual(wrong(/in a graph/, ...before, 'replay: 0', 'wait: 700'))
})

test('a host that reads device memory is killed', () => {
  expect(run('host access')).toMatchObject({ ended: 'SIGSEGV', output: ['reads'] })
})

test.each([
  ['an allocation', 'allocation in capture', ['cuMemAlloc: 900', 'cuStreamEndCapture: 901']],
  ['a synchronization', 'wait in capture', ['cuStreamSynchronize: 900', 'cuStreamEndCapture: 901']],
  ['a stream that is not joined', 'unjoined capture', ['cuStreamEndCapture: 904']],
  [
    'work on the legacy stream',
    'legacy stream in capture',
    ['launch on the legacy stream: 906', 'cuStreamEndCapture: 901'],
  ],
])('%s invalidates a capture', (_, program, output) => {
  expect(run(program)).toEqual(right(...output))
})

test('memory is freed once', () => {
  expect(run('double free')).toEqual(wrong(/not allocated/, 'free: 0', 'free: 1'))
})

test('a call needs a current context', () => {
  expect(run('no context')).toEqual(wrong(/without a current context/, 'cuMemAlloc: 201'))
})

test('a GPU has the memory that CUDASIM_MEMORY names', () => {
  expect(run('full memory')).toEqual(right('cuMemAlloc: 0', 'cuMemAlloc: 0'))
  expect(run('full memory', { CUDASIM_MEMORY: '1000000' })).toEqual(right('cuMemAlloc: 0', 'cuMemAlloc: 2'))
})

test('the call that CUDASIM_FAIL names fails', () => {
  expect(run('injected')).toEqual(right('cuMemAlloc: 0', 'cuMemAlloc: 2', 'cuMemAlloc: 0'))
})
