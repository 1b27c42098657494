// Builds the addons of the tarball into prebuilds/: `npm run build:prebuilds -- --help`.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import prebuildify from 'prebuildify'
import { root } from '../run.mjs'
import { checkBinary } from './check-binary.mjs'
import { stamp } from './sources.mjs'
import { addonPath, host, NAME, targets } from './targets.mjs'
import { findZig } from './zig.mjs'

const HELP = `npm run build:prebuilds -- [options] [TARGET...]

Builds the addon for ${Object.keys(targets).join(', ')} (all of them)
by zig's compiler, which ZIG names or pip fetches, and checks what each addon needs of its platform.

  --host   only for this platform, by its own compiler, as a hosted runner does`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { host: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})

async function prebuild(name) {
  const { platform, arch } = targets[name]
  // Not in build/ itself, which is the developer's.
  const folder = join(root, 'build', 'prebuild', name)
  mkdirSync(folder, { recursive: true })
  const shim = join(root, 'scripts', 'prebuild', 'node-gyp.mjs')
  await promisify(prebuildify)({
    name: NAME,
    cwd: folder,
    out: root,
    platform,
    arch,
    napi: true,
    // Node-API's binary is the same for all versions; cmake-js uses node-api-headers.
    targets: ['20.19.0'],
    // Windows runs it in a shell.
    nodeGyp: process.platform === 'win32' ? `node "${shim}"` : shim,
    // zig's linker strips; the strip command knows this platform's files only.
    strip: options.host,
  })
  const path = addonPath(name)
  console.log(`${name}: ${checkBinary(path, targets[name], { portable: !options.host })}`)
  stamp(path)
}

if (options.help) console.log(HELP)
else {
  const names = positionals.length > 0 ? positionals : options.host ? [host] : Object.keys(targets)
  const unknown = names.find((name) => !Object.hasOwn(targets, name))
  if (unknown !== undefined) throw new Error(`unknown target '${unknown}'\n\n${HELP}`)
  if (options.host && names.some((name) => name !== host)) throw new Error(`--host builds ${host} only`)
  // For node-gyp.mjs, which prebuildify runs.
  if (!options.host) process.env.ZIG = findZig()
  for (const name of names) await prebuild(name)
}
