// The hammer on an addon with ThreadSanitizer, on the CPU and on the fake CUDA driver: `npm run test:tsan`. HAMMER_SECONDS is how
// long on each; tsan.supp lists what is not reported, and why.
import { buildAddon, root, run } from '../run.mjs'
import { hammerEnvironments, library } from './environment.mjs'

const BUILD = 'build-tsan'
const SECONDS = process.env.HAMMER_SECONDS ?? '300'

if (process.platform !== 'linux') {
  console.log('SKIPPED: ThreadSanitizer runs on Linux only')
  process.exit(0)
}

if (!buildAddon(BUILD, ['--CDORT_IOBINDING_SANITIZE=thread', '--CDORT_IOBINDING_FAKE_CUDA=ON']))
  process.exit(1)

const env = {
  ...process.env,
  LD_PRELOAD: library('libtsan.so'),
  TSAN_OPTIONS: `halt_on_error=1:suppressions=${root}/scripts/sanitizers/tsan.supp`,
}
const hammer = ['test/hammer/hammer.mjs', '--seconds', SECONDS]
// ThreadSanitizer's shadow memory has fixed places, which random addresses would collide with.
const succeeds = (/** @type {NodeJS.ProcessEnv} */ env) =>
  run('setarch', ['-R', process.execPath, ...hammer], { env })
process.exitCode = hammerEnvironments(BUILD, env).every(succeeds) ? 0 : 1
