import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { findSwiftShader } from './scripts/swiftshader.mjs'

// Every suite in test/ runs on the native engine; those that speak of no engine run on onnxruntime-node too, and on
// WebGPU. Each file has a process of its own: an engine is selected once per thread.
const project = (name, include, { exclude = [], env = {}, setupFiles = [], globalSetup = [] } = {}) => ({
  test: {
    name,
    include,
    exclude,
    setupFiles,
    globalSetup,
    pool: 'forks',
    env: { ONNXRUNTIME_IOBINDING_ENGINE: name, ...env },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

// WebGPU in software. What the loader reads must be there when a process starts: these are set before it is forked.
const swiftShader = findSwiftShader()
const webgpu =
  'reason' in swiftShader
    ? project('webgpu', ['test/webgpu/unavailable.ts'], { env: { WEBGPU_UNAVAILABLE: swiftShader.reason } })
    : project('webgpu', ['test/common/**/*.test.ts', 'test/webgpu/**/*.test.ts'], {
        env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native', TEST_PROVIDERS: 'webgpu,cpu', ...swiftShader.env },
      })

// The CUDA path on a fake driver, which takes a build of its own; without it one file says that they are skipped.
const fakeCudaBuild = process.env.ONNXRUNTIME_IOBINDING_BUILD ?? 'build-fake-cuda'
const fakeCudaIsBuilt = existsSync(join(import.meta.dirname, fakeCudaBuild, 'fake-cuda', 'fake_cuda.node'))
const fakeCuda = project(
  'fake-cuda',
  fakeCudaIsBuilt
    ? ['test/fake-cuda/**/*.test.ts', 'test/common/**/*.test.ts']
    : ['test/fake-cuda/unavailable.ts'],
  {
    env: {
      ONNXRUNTIME_IOBINDING_ENGINE: 'native',
      ONNXRUNTIME_IOBINDING_BUILD: fakeCudaBuild,
      TEST_PROVIDERS: 'cuda,cpu',
    },
    setupFiles: ['test/fake-cuda/no-violations.ts'],
  },
)

// The tarball, as a user installs it: with this platform's prebuilt addon, or it says that it was not tested.
const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`, 'onnxruntime_iobinding.node')
const tarball = existsSync(join(import.meta.dirname, prebuilt))
  ? project('package', ['test/package/**/*.test.ts'], { globalSetup: ['test/package/setup.ts'] })
  : project('package', ['test/package/unavailable.ts'], { env: { PACKAGE_UNAVAILABLE: `no ${prebuilt}` } })

export default defineConfig({
  test: {
    projects: [
      project('native', ['test/**/*.test.ts'], {
        exclude: [
          'test/fallback/**',
          'test/webgpu/**',
          'test/fake-cuda/**',
          'test/package/**',
          'test/no-external-buffers/**',
        ],
      }),
      project('onnxruntime-node', ['test/common/**/*.test.ts', 'test/fallback/**/*.test.ts']),
      // As in Electron, whose engine refuses ArrayBuffers over memory that is not its own.
      project(
        'no-external-buffers',
        [
          'test/no-external-buffers/**/*.test.ts',
          ...['models', 'recurrent', 'run-results'].map((suite) => `test/common/${suite}.test.ts`),
        ],
        {
          env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native', ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS: '1' },
        },
      ),
      webgpu,
      fakeCuda,
      tarball,
    ],
  },
})
