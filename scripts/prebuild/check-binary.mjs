// Checks a prebuilt addon: its platform, its size, and that it runs on the oldest system it supports.
import { readFileSync } from 'node:fs'
import { formats, readImports, readMachO } from './formats.mjs'

const LARGEST = 1_100_000
/** The same as ONNX Runtime's library for Linux. */
const GLIBC = [2, 28]
/** Parts of Windows. */
const SYSTEM_DLL = /^(kernel32|ucrtbase|api-ms-win-crt-[\w-]+)\.dll$/i

/** By platform: the problems of a file. */
const PORTABLE = {
  linux(file) {
    const text = file.toString('latin1')
    const glibc = newestGlibc(text)
    const isOld = glibc !== undefined && compare(glibc, GLIBC) <= 0
    return [
      ...(isOld ? [] : [`it needs glibc ${glibc?.join('.')}: expected ${GLIBC.join('.')} at most`]),
      ...(text.includes('GLIBCXX_') ? ['it needs libstdc++, in a version that a system may lack'] : []),
    ]
  },
  darwin(file, { zig }) {
    const { libraries, minos, signed } = readMachO(file)
    const least = /macos\.(.+)$/.exec(zig)[1]
    const others = libraries.filter((library) => library !== '/usr/lib/libSystem.B.dylib')
    return [
      ...(minos?.join('.') === least ? [] : [`it is for macOS ${minos?.join('.')}: expected ${least}`]),
      ...(others.length === 0 ? [] : [`it needs ${others.join(', ')}`]),
      ...(signed ? [] : ['it is not signed, which macOS requires on arm64']),
    ]
  },
  win32(file) {
    const others = readImports(file).filter((name) => !SYSTEM_DLL.test(name))
    return others.length === 0 ? [] : [`it needs ${others.join(', ')}`]
  },
}

/**
 * @param {string} path
 * @param {import('./targets.mjs').Target} target
 * @param {{ portable: boolean }} options `portable`: it must run on the platform's oldest system, without a C++ library
 * @returns {string} a description
 * @throws Error that lists the problems
 */
export function checkBinary(path, target, { portable }) {
  const file = readFileSync(path)
  const { platform, arch } = target
  const { name, is, machine, machines } = formats[platform]
  const problems = []
  if (!is(file)) problems.push(`it is not ${name} file`)
  else {
    if (machine(file) !== machines[arch]) problems.push(`it is not for ${arch}`)
    if (portable) problems.push(...PORTABLE[platform](file, target))
  }
  if (file.length >= LARGEST) problems.push(`${file.length} bytes: expected less than ${LARGEST}`)
  if (!file.includes('napi_register_module_v1')) problems.push('it does not export napi_register_module_v1')
  if (problems.length > 0) throw new Error(`${path}: ${problems.join('; ')}`)
  const glibc = platform === 'linux' ? newestGlibc(file.toString('latin1')) : undefined
  return `${(file.length / 1000).toFixed(0)} kB${glibc ? `, glibc ${glibc.join('.')}` : ''}`
}

/** The file contains the names of the versions that it needs. */
function newestGlibc(text) {
  const versions = [...text.matchAll(/\bGLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor])
  return versions.sort(compare).at(-1)
}

const compare = ([a, b], [c, d]) => a - c || b - d
