// The platforms that onnxruntime-node ships a library for, and how zig and CMake name them.
import { join } from 'node:path'
import { root } from '../run.mjs'

/**
 * @typedef {object} Target
 * @property {NodeJS.Platform} platform
 * @property {'x64' | 'arm64'} arch
 * @property {string} zig what is built for, and the oldest version that the addon runs on; ONNX Runtime's library for macOS wants 14.0
 * @property {string} system CMake's name of it
 * @property {string} processor
 */

/** @type {Readonly<Record<string, Target>>} */
export const targets = {
  'linux-x64': {
    platform: 'linux',
    arch: 'x64',
    zig: 'x86_64-linux-gnu.2.28',
    system: 'Linux',
    processor: 'x86_64',
  },
  'linux-arm64': {
    platform: 'linux',
    arch: 'arm64',
    zig: 'aarch64-linux-gnu.2.28',
    system: 'Linux',
    processor: 'aarch64',
  },
  'darwin-arm64': {
    platform: 'darwin',
    arch: 'arm64',
    zig: 'aarch64-macos.13.3',
    system: 'Darwin',
    processor: 'arm64',
  },
  'win32-x64': {
    platform: 'win32',
    arch: 'x64',
    zig: 'x86_64-windows-gnu',
    system: 'Windows',
    processor: 'AMD64',
  },
  'win32-arm64': {
    platform: 'win32',
    arch: 'arm64',
    zig: 'aarch64-windows-gnu',
    system: 'Windows',
    processor: 'ARM64',
  },
}

export const NAME = 'onnxruntime_iobinding'

/** Where the prebuilt addon of a target is. */
export const addonOf = (name) => join(root, 'prebuilds', name, `${NAME}.node`)

export const host = `${process.platform}-${process.arch}`
