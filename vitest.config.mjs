import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { findSwiftShader } from './scripts/swiftshader.mjs'

const {
  CUDA_SIMULATION,
  TEST_BUNDLERS,
  NODE_V8_COVERAGE,
  ONNXRUNTIME_IOBINDING_BUILD = 'build',
  TEST_REPORTS,
} = process.env

// Every suite in test/ runs on the native engine. Those that test either engine also run on onnxruntime-node and on WebGPU.
// Each file has a process of its own, since a process keeps the engine that it opened first.
const project = (name, include, { exclude = [], env = {}, setupFiles = [], globalSetup = [] } = {}) => ({
  test: {
    name,
    include,
    exclude,
    setupFiles: NODE_V8_COVERAGE ? [...setupFiles, 'test/helpers/flush-coverage.ts'] : setupFiles,
    globalSetup,
    pool: 'forks',
    env: { ONNXRUNTIME_IOBINDING_ENGINE: name, ...env },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

// WebGPU in software. The loader reads these variables when a process starts, so they are set before the fork.
const swiftShader = findSwiftShader()
const webgpu =
  'reason' in swiftShader
    ? project('webgpu', ['test/webgpu/unavailable.ts'], { env: { WEBGPU_UNAVAILABLE: swiftShader.reason } })
    : project('webgpu', ['test/common/**/*.test.ts', 'test/webgpu/**/*.test.ts'], {
        env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native', TEST_PROVIDERS: 'webgpu,cpu', ...swiftShader.env },
      })

// The CUDA path on a fake driver and an addon of its own; without them one file reports that the suites are skipped.
const fakeCudaBuild = join(ONNXRUNTIME_IOBINDING_BUILD, 'fake-cuda')
const fakeCuda = project(
  'fake-cuda',
  existsSync(join(import.meta.dirname, fakeCudaBuild, 'fake_cuda.node'))
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

// ONNX Runtime's CUDA provider on a simulated GPU: test/cuda-simulation/test.mjs makes it, and runs this project.
const cudaSimulation = project(
  'cuda-simulation',
  ['test/cuda-simulation/**/*.test.ts', 'test/common/**/*.test.ts'],
  {
    env: {
      ONNXRUNTIME_IOBINDING_ENGINE: 'native',
      TEST_PROVIDERS: 'cuda,cpu',
      ...JSON.parse(CUDA_SIMULATION ?? '{}'),
    },
    setupFiles: ['test/cuda-simulation/setup.ts'],
  },
)

// The tarball, installed as a user would, with this platform's prebuilt addon; without it one file reports the skip.
const prebuilt = join('prebuilds', `${process.platform}-${process.arch}`, 'onnxruntime_iobinding.node')
const tarball = existsSync(join(import.meta.dirname, prebuilt))
  ? project('package', ['test/package/**/*.test.ts'], { globalSetup: ['test/package/setup.ts'] })
  : project('package', ['test/package/unavailable.ts'], { env: { PACKAGE_UNAVAILABLE: `no ${prebuilt}` } })

// Bundlers and tracers over the tarball, which need a prebuilt addon too: for their time with TEST_BUNDLERS alone.
const bundlers = project('bundlers', ['test/bundlers/**/*.test.ts'], {
  globalSetup: ['test/package/setup.ts'],
})

// `.ci/run` and `.ci/nightly` add up the results of all runs.
const json = ['json', { outputFile: join(TEST_REPORTS ?? '', `vitest-${process.pid}.json`) }]

export default defineConfig({
  test: {
    maxWorkers: availableParallelism(),
    maxConcurrency: availableParallelism(),
    reporters: [
      'default',
      ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : []),
      ...(TEST_REPORTS ? [json] : []),
    ],
    projects: [
      project('native', ['test/**/*.test.ts'], {
        exclude: [
          'test/fallback/**',
          'test/webgpu/**',
          'test/fake-cuda/**',
          'test/cuda-simulation/**',
          'test/package/**',
          'test/clients/**',
          'test/bundlers/**',
          'test/no-external-buffers/**',
        ],
      }),
      project('onnxruntime-node', ['test/common/**/*.test.ts', 'test/fallback/**/*.test.ts']),
      // As in Electron, whose V8 refuses ArrayBuffers over memory that it does not own.
      project(
        'no-external-buffers',
        [
          'test/no-external-buffers/**/*.test.ts',
          ...['models', 'recurrent', 'run-results', 'views'].map((suite) => `test/common/${suite}.test.ts`),
        ],
        {
          env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native', ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS: '1' },
        },
      ),
      webgpu,
      fakeCuda,
      // Published packages that use onnxruntime-node, which it installs.
      project('clients', ['test/clients/**/*.test.ts'], { env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native' } }),
      ...(CUDA_SIMULATION === undefined ? [] : [cudaSimulation]),
      ...(TEST_BUNDLERS === undefined ? [] : [bundlers]),
      project('server', ['server/test/**/*.test.ts'], { env: { ONNXRUNTIME_IOBINDING_ENGINE: 'native' } }),
      tarball,
    ],
  },
})
