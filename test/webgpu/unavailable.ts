// What the project `webgpu` runs if WebGPU is not available.
import { describe, test } from 'vitest'

console.log(`SKIPPED: the tests on WebGPU: no SwiftShader: ${process.env.WEBGPU_UNAVAILABLE}`)

describe.skip(`WebGPU: no SwiftShader: ${process.env.WEBGPU_UNAVAILABLE}`, () => {
  test('the tests of test/common and test/webgpu on WebGPU', () => {})
})
