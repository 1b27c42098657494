#!/usr/bin/env node
// Replaces node-gyp for prebuildify, and builds by cmake-js. prebuildify runs it in a folder per target and expects the addon
// in build/Release there.
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, runTool, tool } from '../run.mjs'
import { targets } from './targets.mjs'

const { values } = parseArgs({ strict: false, options: { arch: { type: 'string' } } })
const target = targets[`${process.env.PREBUILD_PLATFORM}-${values.arch}`]
const out = join(process.cwd(), 'build')
const build = ['rebuild', '--directory', root, '--out', out, '--arch', target.arch]
const quiet = ['--parallel', String(availableParallelism()), '--log-level', 'error']

const { ZIG } = process.env
const { def_paths } = createRequire(import.meta.url)('node-api-headers')
const crossOptions = {
  CMAKE_TOOLCHAIN_FILE: join(root, 'scripts', 'prebuild', 'zig.cmake'),
  // For a DLL; cmake-js sets it only on Windows.
  CMAKE_RUNTIME_OUTPUT_DIRECTORY: join(out, 'Release'),
  NODE_API_DEF: def_paths.node_api_def,
}
const cross = ZIG ? Object.entries(crossOptions).map(([key, value]) => `--CD${key}=${value}`) : []
const env = {
  ...process.env,
  ...(ZIG && { ZIG_TARGET: target.zig, ZIG_SYSTEM: target.system, ZIG_PROCESSOR: target.processor }),
}
if (!runTool(tool('cmake-js'), [...build, ...cross, ...quiet], { env })) process.exit(1)
