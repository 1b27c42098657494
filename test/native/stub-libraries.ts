import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'

// Empty libraries with the names of CUDA's, compiled for the tests that need them. The tests check how the libraries are
// found, and the errors if they are not.

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const driverFunctions = fileURLToPath(
  new URL('../../native/device/cuda/driver_functions.inc', import.meta.url),
)

/** Why such libraries cannot be compiled here; undefined if they can. */
export function withoutStubs(): string | undefined {
  if (process.platform !== 'linux') return 'not on Linux'
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no g++'
  }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

/** A folder that goes when the tests of the file have ended. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'providers-'))
  folders.push(folder)
  return folder
}

interface Stub {
  /** Source in C; a file, where it is a path. */
  readonly source?: string
  /** Libraries that it needs, by path; they may be gone when it is loaded. */
  readonly needs?: readonly string[]
}

/** The compiled files, by what they were compiled from. */
const compiled = new Map<string, string>()

function build(args: readonly string[], key = JSON.stringify(args)): string {
  const file = compiled.get(key) ?? join(newFolder(), 'output')
  if (!compiled.has(key)) execFileSync('g++', ['-fPIC', ...args, '-o', file])
  compiled.set(key, file)
  return file
}

/** Compiles a library whose soname is its file name; the same library is compiled once. */
export function compile(path: string, { source = 'int stub;', needs = [] }: Stub = {}): string {
  mkdirSync(dirname(path), { recursive: true })
  const name = basename(path)
  const isFile = source.endsWith('.cc')
  if (!isFile) writeFileSync(`${path}.c`, `${source}\n`)
  const args = [
    '-shared',
    ...(isFile ? [build(['-c', source])] : ['-x', 'c', `${path}.c`, '-x', 'none']),
    `-Wl,-soname,${name}`,
    '-Wl,--no-as-needed',
    ...needs,
    // A library that is needed may itself need one that is missing.
    '-Wl,--unresolved-symbols=ignore-all',
  ]
  copyFileSync(build(args, JSON.stringify([name, source, needs.map((need) => basename(need))])), path)
  return path
}

/** A folder with ONNX Runtime's library and, unless it is omitted, a CUDA provider that needs `needs`. */
export function ortFolder(real: string, provider?: { readonly needs: readonly string[] }): string {
  const folder = newFolder()
  symlinkSync(real, join(folder, 'libonnxruntime.so.1'))
  if (provider === undefined) return folder
  compile(join(folder, 'libonnxruntime_providers_shared.so'), {
    source: 'void Provider_SetHost(void* host) {}',
  })
  const gone = newFolder()
  compile(join(folder, 'libonnxruntime_providers_cuda.so'), {
    source: join(fixtures, 'stub-provider.cc'),
    needs: provider.needs.map((name) => compile(join(gone, name))),
  })
  return folder
}

const OWN_ANSWERS: Record<string, string> = {
  cuInit:
    'int cuInit(unsigned flags) { const char* text = getenv("STUB_CUDA_INIT"); return text ? atoi(text) : 0; }',
  cuDeviceGetCount:
    'int cuDeviceGetCount(int* count) { const char* text = getenv("STUB_CUDA_DEVICES"); *count = text ? atoi(text) : 1; return 0; }',
  cuDeviceGet: 'int cuDeviceGet(int* device, int id) { *device = id; return 0; }',
  // The GPUs that STUB_CUDA_FULL names one of have no memory left.
  cuDevicePrimaryCtxRetain: `int cuDevicePrimaryCtxRetain(void** context, int device) {
    static int thing;
    *context = &thing;
    const char* full = getenv("STUB_CUDA_FULL");
    return full && atoi(full) == device ? 2 : 0;
  }`,
  cuGetErrorName: `int cuGetErrorName(int error, const char** name) {
    *name = error == 100 ? "CUDA_ERROR_NO_DEVICE" : error == 34 ? "CUDA_ERROR_STUB_LIBRARY"
          : error == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : error == 803 ? "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH" : "CUDA_ERROR_UNKNOWN";
    return 0;
  }`,
  cuGetErrorString:
    'int cuGetErrorString(int error, const char** text) { *text = "the stub says so"; return 0; }',
}
const HANDLES = ['cuStreamCreate', 'cuEventCreate', 'cuCtxPopCurrent_v2']

/** A driver that has a GPU, or gives what STUB_CUDA_INIT, STUB_CUDA_DEVICES and STUB_CUDA_FULL say; without some of its functions. */
export function stubDriver(folder: string, without: readonly string[] = []): string {
  const names = [...readFileSync(driverFunctions, 'utf8').matchAll(/^CUDA_FUNCTION\((\w+),/gm)].map(
    ([, name]) => name!,
  )
  const functions = names
    .filter((name) => !without.includes(name))
    .map((name) => {
      if (HANDLES.includes(name))
        return `int ${name}(void** handle) { static int thing; *handle = &thing; return 0; }`
      return OWN_ANSWERS[name] ?? `int ${name}() { return 0; }`
    })
  return compile(join(folder, 'libcuda.so.1'), { source: ['#include <stdlib.h>', ...functions].join('\n') })
}
