// A release refuses unexpected files, and addons that do not match their folder.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkBinary } from '../../scripts/prebuild/check-binary.mjs'
import { checkStamp, stamp } from '../../scripts/prebuild/sources.mjs'
import { targets } from '../../scripts/prebuild/targets.mjs'
import { checkFiles } from '../../scripts/release/tarball.mjs'

function temporary(name: string, bytes: Uint8Array = new Uint8Array()): string {
  const folder = mkdtempSync(join(tmpdir(), 'tarball-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

describe('the check of files', () => {
  const expected = [
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.mts'],
    ...Object.keys(targets).map((name) => `prebuilds/${name}/onnxruntime_iobinding.node`),
  ]

  test('accepts the expected files', () => expect(() => checkFiles(expected)).not.toThrow())
  test.each([
    'dist/index.js.map',
    'prebuilds/linux-x64/libonnxruntime.so.1',
    'native/addon.cc',
    'build/x.node',
  ])('refuses the file %s', (stray) =>
    expect(() => checkFiles([...expected, stray])).toThrow(`holds what it should not: ${stray}`),
  )
  test.each([['prebuilds/win32-arm64/onnxruntime_iobinding.node'], ['dist/index.js'], ['LICENSE']])(
    'refuses a tarball without %s',
    (gone) => expect(() => checkFiles(expected.filter((path) => path !== gone))).toThrow(`lacks ${gone}`),
  )
})

/** As much of an ELF file as is looked at. */
function elf(machine: number, text = 'napi_register_module_v1 GLIBC_2.17'): Buffer {
  const file = Buffer.alloc(1000)
  file.writeUInt32BE(0x7f454c46, 0)
  file.writeUInt16LE(machine, 18)
  file.write(text, 100)
  return file
}

function machO({ minos = 0x000d0300, library = '/usr/lib/libSystem.B.dylib', signed = true } = {}): Buffer {
  const dylib = Buffer.alloc(24 + 56)
  dylib.writeUInt32LE(24, 8)
  dylib.write(library, 24)
  const version = Buffer.alloc(24)
  version.writeUInt32LE(minos, 12)
  const commands: [number, Buffer][] = [
    [0xc, dylib],
    [0x32, version],
    ...(signed ? [[0x1d, Buffer.alloc(16)] as [number, Buffer]] : []),
  ]
  for (const [kind, bytes] of commands) {
    bytes.writeUInt32LE(kind, 0)
    bytes.writeUInt32LE(bytes.length, 4)
  }
  const header = Buffer.alloc(32)
  header.writeUInt32LE(0xfeedfacf, 0)
  header.writeUInt32LE(0x0100000c, 4)
  header.writeUInt32LE(commands.length, 16)
  return Buffer.concat([
    header,
    ...commands.map(([, bytes]) => bytes),
    Buffer.from('napi_register_module_v1'),
  ])
}

/** One section, at address 0x1000 and offset 0x200, that holds the imports. */
function pe(machine: number, dll: string): Buffer {
  const file = Buffer.alloc(0x400)
  const header = 0x80
  file.write('MZ', 0)
  file.writeUInt32LE(header, 0x3c)
  file.write('PE\0\0', header)
  file.writeUInt16LE(machine, header + 4)
  file.writeUInt16LE(1, header + 6)
  file.writeUInt16LE(240, header + 20)
  file.writeUInt32LE(0x1000, header + 24 + 120)
  const section = header + 24 + 240
  file.writeUInt32LE(0x1000, section + 12)
  file.writeUInt32LE(0x200, section + 16)
  file.writeUInt32LE(0x200, section + 20)
  file.writeUInt32LE(0x1040, 0x200 + 12)
  file.write(`${dll}\0`, 0x240)
  file.write('napi_register_module_v1', 0x300)
  return file
}

describe('the check of an addon', () => {
  const check = (target: string, bytes: Buffer) =>
    checkBinary(temporary('addon.node', bytes), targets[target]!, { portable: true })

  test.each<[string, Buffer]>([
    ['linux-x64', elf(62)],
    ['linux-arm64', elf(183)],
    ['darwin-arm64', machO()],
    ['win32-x64', pe(0x8664, 'KERNEL32.dll')],
    ['win32-arm64', pe(0xaa64, 'api-ms-win-crt-heap-l1-1-0.dll')],
  ])('accepts a valid addon for %s', (target, bytes) => expect(check(target, bytes)).toMatch(/kB/))

  test.each<[string, Buffer, string]>([
    ['linux-x64', elf(183), 'it is not for x64'],
    ['linux-x64', machO(), 'it is not an ELF file'],
    [
      'linux-x64',
      elf(62, 'napi_register_module_v1 GLIBC_2.2.5 GLIBC_2.29'),
      'it needs glibc 2.29: expected 2.28',
    ],
    ['linux-x64', elf(62, 'napi_register_module_v1 GLIBC_2.17 GLIBCXX_3.4'), 'it needs libstdc++'],
    ['linux-x64', elf(62, 'GLIBC_2.17'), 'it does not export napi_register_module_v1'],
    [
      'linux-x64',
      Buffer.concat([elf(62), Buffer.alloc(1_100_000)]),
      '1101000 bytes: expected less than 1100000',
    ],
    ['darwin-arm64', machO({ minos: 0x000f0000 }), 'it is for macOS 15.0: expected 13.3'],
    ['darwin-arm64', machO({ library: '/usr/lib/libc++.1.dylib' }), 'it needs /usr/lib/libc++.1.dylib'],
    ['darwin-arm64', machO({ signed: false }), 'it is not signed'],
    ['win32-x64', pe(0xaa64, 'KERNEL32.dll'), 'it is not for x64'],
    ['win32-x64', pe(0x8664, 'VCRUNTIME140.dll'), 'it needs VCRUNTIME140.dll'],
    ['win32-x64', Buffer.from('MZ'), 'it is not a PE file'],
  ])('refuses an addon for %s: case %#', (target, bytes, message) => {
    expect(() => check(target, bytes)).toThrow(message)
  })

  test('refuses an addon of other sources', () => {
    const addon = temporary('addon.node')
    expect(() => checkStamp(addon)).toThrow('it was not built from these sources')
    stamp(addon)
    expect(() => checkStamp(addon)).not.toThrow()
    const other = temporary('sources.sha256', Buffer.from('0123'))
    copyFileSync(addon, join(other, '..', 'addon.node'))
    expect(() => checkStamp(join(other, '..', 'addon.node'))).toThrow('it was not built from these sources')
  })
})
