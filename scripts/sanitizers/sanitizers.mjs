// The native tests, and those of the fake CUDA driver, on an addon with the address and undefined-behavior sanitizers; then
// the hammer (HAMMER_SECONDS on the CPU and on the fake driver) and a leak check: `npm run test:asan`. A report of
// LeakSanitizer with a frame of the addon on its stack is an error. Node.js itself leaks at exit.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildAddon, root, run, runTool, tool } from '../run.mjs'
import { hammerEnvironments, library } from './environment.mjs'

const BUILD = 'build-asan'

if (process.platform !== 'linux') {
  console.log('SKIPPED: the sanitizers run on Linux only')
  process.exit(0)
}

if (!buildAddon(BUILD, ['--CDORT_IOBINDING_SANITIZE=address,undefined', '--CDORT_IOBINDING_FAKE_CUDA=ON']))
  process.exit(1)

const environment = (asanOptions) => ({
  ...process.env,
  ONNXRUNTIME_IOBINDING_BUILD: BUILD,
  LD_PRELOAD: `${library('libasan.so')} ${library('libstdc++.so')}`,
  ASAN_OPTIONS: `halt_on_error=1:allocator_may_return_null=1:${asanOptions}`,
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
})

// A sanitizer's `operator new` ends the process where it fails.
const failing = ['large', 'out-of-memory']
// Memory figures mean nothing under a sanitizer, and the libraries that the others build are not built with it.
const omitted = [
  ...failing,
  'addon-missing',
  'arena-shrinkage',
  'exit-handler',
  'failures',
  'heap',
  'library',
  'limits',
  'log',
  'memory',
  'shared-weights-memory',
  'sync-loop',
  'telemetry',
  'transfer-memory',
  'preload',
  'provider-options',
  'providers',
]
const suites = (folder, without) =>
  readdirSync(join(root, 'test', folder))
    .filter((file) => file.endsWith('.test.ts') && !without.includes(file.replace('.test.ts', '')))
    .map((file) => `test/${folder}/${file}`)
const vitest = tool('vitest')
const env = environment('detect_leaks=0')
const runSuites = (project, without, folders) => {
  const files = folders.flatMap((folder) => suites(folder, without))
  return runTool(vitest, ['run', '--project', project, ...files], { env })
}
if (!runSuites('native', omitted, ['common', 'native'])) process.exit(1)
if (!runSuites('fake-cuda', failing, ['common', 'fake-cuda'])) process.exit(1)

const hammer = ['test/hammer/hammer.mjs', '--seconds', process.env.HAMMER_SECONDS ?? '20']
const hammered = hammerEnvironments(BUILD, env).every((env) => run(process.execPath, hammer, { env }))
if (!hammered) process.exit(1)

const reports = mkdtempSync(join(tmpdir(), 'iobinding-leaks-'))
try {
  const env = environment(
    `detect_leaks=1:fast_unwind_on_malloc=0:exitcode=0:log_path=${join(reports, 'leaks')}`,
  )
  const script = join(root, 'test', 'native', 'fixtures', 'leaks.mjs')
  if (!run(process.execPath, ['--expose-gc', script], { env })) process.exit(1)
  const stacks = readdirSync(reports)
    .map((file) => readFileSync(join(reports, file), 'utf8'))
    .flatMap((text) => text.split('\n\n'))
  const ours = stacks.filter((stack) => stack.includes('onnxruntime_iobinding.node'))
  if (ours.length > 0) console.error(ours.join('\n\n'))
  console.log(`LeakSanitizer: ${stacks.length} reports, ${ours.length} of them of the addon`)
  process.exitCode = ours.length > 0 ? 1 : 0
} finally {
  rmSync(reports, { recursive: true })
}
