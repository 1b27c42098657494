// The platforms that onnxruntime-node ships a library for, and their names in zig and CMake.
import { join } from 'node:path'
import { root } from '../run.mjs'

/**
 * @typedef {{ platform: NodeJS.Platform, arch: 'x64' | 'arm64', zig: string, system: string, processor: string }} Target
 *   `zig`: the platform and the oldest version that the addon runs on; ONNX Runtime's library for macOS needs 14.0.
 *   `system` and `processor` are CMake's names
 */

/** @type {(platform: NodeJS.Platform, arch: 'x64' | 'arm64', zig: string, system: string, processor: string) => Target} */
const target = (platform, arch, zig, system, processor) => ({ platform, arch, zig, system, processor })

/** @type {Readonly<Record<string, Target>>} */
export const targets = {
  'linux-x64': target('linux', 'x64', 'x86_64-linux-gnu.2.28', 'Linux', 'x86_64'),
  'linux-arm64': target('linux', 'arm64', 'aarch64-linux-gnu.2.28', 'Linux', 'aarch64'),
  'darwin-arm64': target('darwin', 'arm64', 'aarch64-macos.13.3', 'Darwin', 'arm64'),
  'win32-x64': target('win32', 'x64', 'x86_64-windows-gnu', 'Windows', 'AMD64'),
  'win32-arm64': target('win32', 'arm64', 'aarch64-windows-gnu', 'Windows', 'ARM64'),
}

export const NAME = 'onnxruntime_iobinding'

/** Path of a target's prebuilt addon. */
export const addonPath = (name) => join(root, 'prebuilds', name, `${NAME}.node`)

export const host = `${process.platform}-${process.arch}`
