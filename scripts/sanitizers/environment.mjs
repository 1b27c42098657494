// How the tests run on an addon that is built with sanitizers.
import { execFileSync } from 'node:child_process'

/** @param {string} name a library of the compiler */
export const library = (name) =>
  execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()

/**
 * Of the hammer's processes: on the CPU, and on the fake CUDA driver.
 * @param {string} build
 * @param {Record<string, string | undefined>} env
 */
export const hammerEnvironments = (build, env) => [
  { ...env, ONNXRUNTIME_IOBINDING_BUILD: build },
  { ...env, ONNXRUNTIME_IOBINDING_BUILD: `${build}/fake-cuda`, TEST_PROVIDERS: 'cuda,cpu' },
]
