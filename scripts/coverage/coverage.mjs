// All tests, with the coverage of lib/ and of native/: `npm run test:coverage`. Fails where a test fails or a floor is missed.
//
// The addon is built with gcov's counters, in a folder of its own. Every Node.js process that the tests start counts.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddon, pythonTool, root, run, runTool, tool } from '../run.mjs'
import { libCoverage } from './lib.mjs'

const BUILD = 'build-coverage'
/** Percent of lines, and of branches of native/, rounded down from what the tests reach. */
const FLOORS = { lib: 98, native: 95, branches: 80 }
/** No branch: where an exception may leave, which is nearly every call, and a row of a table of functions. */
const BRANCHES = ['--exclude-throw-branches', '--exclude-branches-by-pattern', '^(ORT|CUDA)_FUNCTION\\(.*']

if (process.platform !== 'linux') {
  console.log('SKIPPED: the coverage build is for Linux only')
  process.exit(0)
}
const gcovr = pythonTool('gcovr')
if (spawnSync(gcovr, ['--version']).error) {
  console.error('gcovr is missing: pip install -r .ci/requirements.txt')
  process.exit(1)
}

if (!buildAddon(BUILD, ['--CDORT_IOBINDING_COVERAGE=ON', '--CDORT_IOBINDING_FAKE_CUDA=ON'])) process.exit(1)
for (const file of readdirSync(join(root, BUILD), { recursive: true })) {
  if (file.endsWith('.gcda')) rmSync(join(root, BUILD, file))
}
const raw = join(root, BUILD, 'v8')
rmSync(raw, { recursive: true, force: true })
mkdirSync(raw)

const env = { ...process.env, NODE_V8_COVERAGE: raw, ONNXRUNTIME_IOBINDING_BUILD: BUILD }
const passed = runTool(tool('vitest'), ['run', ...process.argv.slice(2)], { env })

const lib = await libCoverage(raw, join(root, BUILD, 'dist'))
console.log(`lib: ${lib.toFixed(2)} % of the lines (the floor is ${FLOORS.lib} %)`)
const native = run(gcovr, [
  ...['--root', root, '--filter', 'native/', '--merge-lines', ...BRANCHES, '--txt', '--print-summary'],
  ...['--fail-under-line', String(FLOORS.native), '--fail-under-branch', String(FLOORS.branches)],
  ...['-j', '2', BUILD],
])
process.exitCode = passed && native && lib >= FLOORS.lib ? 0 : 1
