import { defineConfig } from 'vitest/config'

// Every suite in test/ runs on the native engine; those that speak of no engine run on onnxruntime-node too. Each file
// has a process of its own: an engine is chosen once a process.
const project = (name, include, exclude = []) => ({
  test: {
    name,
    include,
    exclude,
    pool: 'forks',
    env: { ONNXRUNTIME_IOBINDING_ENGINE: name },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})

export default defineConfig({
  test: {
    projects: [
      project('native', ['test/**/*.test.ts'], ['test/fallback/**']),
      project('onnxruntime-node', ['test/common/**/*.test.ts', 'test/fallback/**/*.test.ts']),
    ],
  },
})
