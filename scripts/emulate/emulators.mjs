// Debian's emulators of other platforms, and what they need to run Node.js.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findZig } from '../prebuild/zig.mjs'

/**
 * @typedef {{ name: string, command: string, env: Record<string, string>, suites: readonly string[] }} Emulator
 *   `name`: with its version; the first argument of `command` is a program of the platform; `suites`: the supported ones
 */

/** By target; the argument is a folder for the emulator's files. @type {Record<string, (folder: string) => Emulator>} */
export const emulators = { 'linux-arm64': qemu, 'win32-x64': wine }

/** @returns {Emulator} */
function qemu() {
  const { command, version } = find('QEMU_AARCH64', ['qemu-aarch64', 'qemu-aarch64-static'], 'qemu-user')
  const major = Number(/version (\d+)/.exec(version)?.[1])
  // 7.2 crashes when it opens ONNX Runtime's library, in onnxruntime-node too.
  if (!(major >= 10)) {
    throw new Error(
      `${version}: expected qemu 10 or newer (qemu-user of Debian's backports): set QEMU_AARCH64 to its path`,
    )
  }
  const sysroot = process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu'
  if (!existsSync(join(sysroot, 'lib', 'libstdc++.so.6'))) {
    throw new Error(
      `no arm64 C++ library in ${sysroot}: install libc6-arm64-cross and libstdc++6-arm64-cross`,
    )
  }
  // No suites with child processes, which are arm64 programs that this kernel does not start.
  const suites = ['abort', 'async', 'inline', 'sharing'].map((suite) => `test/native/${suite}.test.ts`)
  return { name: version, command, env: { QEMU_LD_PREFIX: sysroot }, suites: ['test/common', ...suites] }
}

/** @returns {Emulator} */
function wine(folder) {
  const { command, version } = find('WINE', ['/usr/lib/wine/wine64', 'wine64', 'wine'], 'wine64')
  const prefix = join(folder, 'prefix')
  const env = { WINEPREFIX: prefix, WINEDEBUG: '-all' }
  if (!existsSync(join(prefix, 'ready'))) {
    mkdirSync(folder, { recursive: true })
    const set = (key, value, text) =>
      execFileSync(command, ['reg', 'add', `HKCU\\Software\\Wine${key}`, '/v', value, '/d', text, '/f'], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      })
    // Node.js requires Windows 10. Without a display, ONNX Runtime's search for Direct3D devices finds none.
    set('', 'Version', 'win10')
    set('\\Direct3D', 'renderer', 'no3d')
    addRandomNumbers(prefix, folder)
    writeFileSync(join(prefix, 'ready'), '')
  }
  // Without library, addon-missing, providers and memory: wine has no symbolic links and no Direct3D, and its memory grows.
  const suites = ['abort', 'async', 'collection', 'inline', 'lifecycle', 'planted', 'sharing', 'workers']
  const paths = suites.map((suite) => `test/native/${suite}.test.ts`)
  return { name: version, command, env, suites: ['test/common', ...paths] }
}

/** Vitest's bundler uses a function of a DLL that wine has since 8.18: this makes one. */
function addRandomNumbers(prefix, folder) {
  const dll = join(prefix, 'drive_c', 'windows', 'system32', 'bcryptprimitives.dll')
  if (existsSync(dll)) return
  const source = join(folder, 'bcryptprimitives.c')
  writeFileSync(
    source,
    `__declspec(dllimport) unsigned char __stdcall SystemFunction036(void*, unsigned long);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char* bytes, unsigned long long count) {
  return SystemFunction036(bytes, (unsigned long)count);
}
`,
  )
  const target = ['-target', 'x86_64-windows-gnu', '-shared']
  execFileSync(findZig(), ['cc', ...target, source, '-ladvapi32', '-o', dll], { stdio: 'inherit' })
}

function find(variable, commands, debianPackage) {
  for (const command of [process.env[variable], ...commands].filter(Boolean)) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
    if (status === 0) return { command, version: stdout.split('\n')[0].trim() }
  }
  throw new Error(
    `${commands.join(' or ')} not found: install Debian's ${debianPackage}, or set ${variable} to its path`,
  )
}
