import { closeSync, openSync, readSync } from 'node:fs'

// Names of the ELF specification.
const PT_LOAD = 1
const PT_DYNAMIC = 2
const DT_NULL = 0
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10

/**
 * The names of the libraries that a shared library needs, in the file's order, without loading it.
 *
 * @throws Error for a file that is truncated, or is not a 64-bit little-endian ELF file
 */
export function neededLibraries(path: string): string[] {
  const file = openSync(path, 'r')
  try {
    return readNeeded((at, length) => {
      const bytes = Buffer.alloc(length)
      const read = readSync(file, bytes, 0, length, at)
      if (read < length) throw new Error(`a truncated file that ends at byte ${at + read}`)
      return bytes
    })
  } finally {
    closeSync(file)
  }
}

type Read = (at: number, length: number) => Buffer

function readNeeded(read: Read): string[] {
  const header = read(0, 64)
  const is64Bit = header[4] === 2
  const isLittleEndian = header[5] === 1
  if (header.toString('latin1', 0, 4) !== '\x7fELF' || !is64Bit || !isLittleEndian) {
    throw new Error('not a 64-bit ELF file')
  }
  const segments = programHeaders(read, header)
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC)
  if (dynamic === undefined) return []
  const entries = dynamicEntries(read(dynamic.offset, dynamic.size))
  const value = (tag: number) => entries.find((entry) => entry.tag === tag)?.value ?? 0
  const strings = read(fileOffset(value(DT_STRTAB), segments), value(DT_STRSZ))
  return entries
    .filter(({ tag }) => tag === DT_NEEDED)
    .map(({ value: at }) => strings.toString('latin1', at, strings.indexOf(0, at)))
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

function programHeaders(read: Read, header: Buffer): Segment[] {
  const start = Number(header.readBigUInt64LE(32))
  const length = header.readUInt16LE(54)
  return Array.from({ length: header.readUInt16LE(56) }, (_, i) => {
    const entry = read(start + i * length, 56)
    return {
      type: entry.readUInt32LE(0),
      offset: Number(entry.readBigUInt64LE(8)),
      address: Number(entry.readBigUInt64LE(16)),
      size: Number(entry.readBigUInt64LE(32)),
    }
  })
}

function dynamicEntries(section: Buffer): { tag: number; value: number }[] {
  const entries = Array.from({ length: section.length / 16 }, (_, i) => ({
    tag: Number(section.readBigInt64LE(i * 16)),
    value: Number(section.readBigUInt64LE(i * 16 + 8)),
  }))
  const end = entries.findIndex(({ tag }) => tag === DT_NULL)
  return end === -1 ? entries : entries.slice(0, end)
}

/** The dynamic section holds addresses in the loaded library, which are other offsets in the file. */
function fileOffset(address: number, segments: readonly Segment[]): number {
  const segment = segments.find(
    ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
  )
  return segment === undefined ? address : address - segment.address + segment.offset
}
