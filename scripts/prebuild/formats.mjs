// Reads shared libraries in each platform's format: the processor, and what the library needs.

/**
 * `is`: by the first bytes; `machine`: a number, by Node's names in `machines`.
 * @type {Readonly<Record<string, { name: string, is: (file: Buffer) => boolean, machine: (file: Buffer) => number, machines: Record<string, number> }>>}
 */
export const formats = {
  linux: {
    name: 'an ELF',
    is: (file) => file.length > 64 && file.readUInt32BE(0) === 0x7f454c46,
    machine: (file) => file.readUInt16LE(18),
    machines: { x64: 62, arm64: 183 },
  },
  darwin: {
    name: 'a Mach-O',
    is: (file) => file.length > 32 && file.readUInt32LE(0) === 0xfeedfacf,
    machine: (file) => file.readUInt32LE(4),
    machines: { arm64: 0x0100000c },
  },
  win32: {
    name: 'a PE',
    is: (file) => file.length > 64 && file.toString('latin1', 0, 2) === 'MZ' && isPe(file),
    machine: (file) => file.readUInt16LE(peHeader(file) + 4),
    machines: { x64: 0x8664, arm64: 0xaa64 },
  },
}

// Names of Apple's mach-o/loader.h.
const LC_LOAD_DYLIB = 0xc
const LC_CODE_SIGNATURE = 0x1d
const LC_BUILD_VERSION = 0x32

/**
 * @param {Buffer} file Mach-O
 * @returns {{ libraries: string[], minos: number[] | undefined, signed: boolean }} `minos`: the oldest macOS
 */
export function readMachO(file) {
  const commands = []
  let at = 32
  for (let i = 0; i < file.readUInt32LE(16); i++) {
    const size = file.readUInt32LE(at + 4)
    commands.push({ kind: file.readUInt32LE(at), bytes: file.subarray(at, at + size) })
    at += size
  }
  const bodies = (kind) => commands.filter((command) => command.kind === kind).map(({ bytes }) => bytes)
  const [version] = bodies(LC_BUILD_VERSION)
  return {
    libraries: bodies(LC_LOAD_DYLIB).map((bytes) => textAt(bytes, bytes.readUInt32LE(8))),
    minos: version && [version.readUInt16LE(14), version.readUInt8(13)],
    signed: bodies(LC_CODE_SIGNATURE).length === 1,
  }
}

/**
 * @param {Buffer} file PE, of 64 bits
 * @returns {string[]} the DLLs that it imports
 */
export function readImports(file) {
  const header = peHeader(file)
  const optional = header + 24
  const sections = Array.from({ length: file.readUInt16LE(header + 6) }, (_, i) => {
    const at = optional + file.readUInt16LE(header + 20) + i * 40
    return {
      address: file.readUInt32LE(at + 12),
      size: file.readUInt32LE(at + 16),
      offset: file.readUInt32LE(at + 20),
    }
  })
  const fileOffset = (address) => {
    const section = sections.find((one) => address >= one.address && address < one.address + one.size)
    return address - section.address + section.offset
  }
  const table = file.readUInt32LE(optional + 112 + 8)
  if (table === 0) return []
  const names = []
  for (let at = fileOffset(table); file.readUInt32LE(at + 12) !== 0; at += 20) {
    names.push(textAt(file, fileOffset(file.readUInt32LE(at + 12))))
  }
  return names
}

function peHeader(file) {
  return file.readUInt32LE(0x3c)
}

function isPe(file) {
  const header = peHeader(file)
  return file.toString('latin1', header, header + 4) === 'PE\0\0'
}

function textAt(bytes, at) {
  return bytes.toString('latin1', at, bytes.indexOf(0, at))
}
