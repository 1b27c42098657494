// What a prebuilt addon must be: of its platform, small, and content with the oldest system that ONNX Runtime runs on.
import { readFileSync } from 'node:fs'

const LARGEST = 1_000_000
/** Of ONNX Runtime's own library for Linux. */
const GLIBC = [2, 28]

/** By the first bytes of the file; `machine` is where and what each format says of the processor. */
const FORMATS = {
  linux: { name: 'ELF', is: (file) => file.readUInt32BE(0) === 0x7f454c46, machine: elf },
  darwin: { name: 'Mach-O', is: (file) => file.readUInt32LE(0) === 0xfeedfacf, machine: machO },
  win32: { name: 'PE', is: (file) => file.toString('latin1', 0, 2) === 'MZ', machine: pe },
}
const MACHINES = {
  linux: { x64: 62, arm64: 183 },
  darwin: { arm64: 0x0100000c },
  win32: { x64: 0x8664, arm64: 0xaa64 },
}

function elf(file) {
  return file.readUInt16LE(18)
}
function machO(file) {
  return file.readUInt32LE(4)
}
function pe(file) {
  const header = file.readUInt32LE(0x3c)
  return file.toString('latin1', header, header + 4) === 'PE\0\0' ? file.readUInt16LE(header + 4) : undefined
}

/**
 * @param {string} path
 * @param {import('./targets.mjs').Target} target
 * @param {{ portable: boolean }} options `portable`: it must run on the platform's oldest system, without a C++ library there
 * @returns {string} what it is, in words
 * @throws Error that says what is wrong
 */
export function checkBinary(path, { platform, arch }, { portable }) {
  const file = readFileSync(path)
  const { name, is, machine } = FORMATS[platform]
  const problems = []
  if (!is(file)) problems.push(`it is no ${name} file`)
  else if (machine(file) !== MACHINES[platform][arch]) problems.push(`it is not of ${arch}`)
  if (file.length >= LARGEST) problems.push(`${file.length} bytes: expected less than ${LARGEST}`)
  const text = file.toString('latin1')
  if (!text.includes('napi_register_module_v1')) problems.push('it exports no napi_register_module_v1')
  const glibc = platform === 'linux' ? newestGlibc(text) : undefined
  if (portable && platform === 'linux') {
    if (glibc === undefined || compare(glibc, GLIBC) > 0)
      problems.push(`it needs glibc ${glibc?.join('.')}: expected ${GLIBC.join('.')} at most`)
    if (text.includes('GLIBCXX_'))
      problems.push('it needs libstdc++, of a version that a system may not have')
  }
  if (problems.length > 0) throw new Error(`${path}: ${problems.join('; ')}`)
  return `${(file.length / 1000).toFixed(0)} kB${glibc ? `, glibc ${glibc.join('.')}` : ''}`
}

/** The names of the versions that it needs are in the file as they are. */
function newestGlibc(text) {
  const versions = [...text.matchAll(/\bGLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor])
  return versions.sort(compare).at(-1)
}

const compare = ([a, b], [c, d]) => a - c || b - d
