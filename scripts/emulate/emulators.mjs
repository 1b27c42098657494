// What runs another platform's programs on Linux, each as Debian has it, and what it needs to run Node.js.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findZig } from '../prebuild/zig.mjs'

/**
 * @typedef {object} Emulator
 * @property {string} name with its version
 * @property {string} command which takes a program of the platform as its first argument
 * @property {Record<string, string>} env
 * @property {readonly string[]} suites that need nothing which the emulator lacks
 */

/** By target; each is given a folder that it may keep things in. @type {Record<string, (folder: string) => Emulator>} */
export const emulators = { 'linux-arm64': qemu, 'win32-x64': wine }

/** @returns {Emulator} */
function qemu() {
  const { command, version } = find('QEMU_AARCH64', ['qemu-aarch64', 'qemu-aarch64-static'], 'qemu-user')
  const major = Number(/version (\d+)/.exec(version)?.[1])
  // 7.2 ends in SIGSEGV where it opens ONNX Runtime's library, in onnxruntime-node too; 10.0 does not.
  if (!(major >= 10)) {
    throw new Error(
      `${version}: expected qemu 10 or newer (Debian's backports have qemu-user), named by QEMU_AARCH64`,
    )
  }
  const sysroot = process.env.QEMU_LD_PREFIX ?? '/usr/aarch64-linux-gnu'
  if (!existsSync(join(sysroot, 'lib', 'libstdc++.so.6'))) {
    throw new Error(
      `no C++ library for arm64 in ${sysroot}: install libc6-arm64-cross and libstdc++6-arm64-cross`,
    )
  }
  // A child is a program for arm64, which this system's kernel does not start: no suite with children.
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
    // Node.js wants Windows 10; Direct3D without a display lets ONNX Runtime look for devices, and find none.
    set('', 'Version', 'win10')
    set('\\Direct3D', 'renderer', 'no3d')
    addRandomNumbers(prefix, folder)
    writeFileSync(join(prefix, 'ready'), '')
  }
  // No symbolic links, no Direct3D, and memory that grows by the emulator's own: no library, addon-missing, providers and memory.
  const suites = ['abort', 'async', 'inline', 'lifecycle', 'sharing']
  const paths = suites.map((suite) => `test/native/${suite}.test.ts`)
  return { name: version, command, env, suites: ['test/common', ...paths] }
}

/** Vitest's bundler draws random numbers from a DLL that wine has had since 8.18: one of that name, for its function. */
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
    `there is no ${commands.join(' and no ')}: install Debian's ${debianPackage}, or name it by ${variable}`,
  )
}
