// After an error of CUDA nothing is wrong in silence, and nothing crashes.
import { expect, test } from 'vitest'
import { describeSimulated, scenario } from './support'

const failing = (fail: string, name: string, arg: string, env = {}) =>
  scenario('failures.mjs', name, [arg], { env: { CUDASIM_FAIL: fail, ...env }, node: ['--expose-gc'] })

describeSimulated('errors of CUDA on the simulated GPU', () => {
  test.each([
    ['session.run', 209, 'ERR_CUDA_NO_BINARY_FOR_GPU'],
    ['binding', 2, 'ERR_CUDA_OUT_OF_MEMORY'],
    ['session.run', 701, 'ERR_CUDA_LAUNCH_OUT_OF_RESOURCES'],
    ['binding', 1, 'ERR_CUDA_FAILURE'],
  ])('a session is refused after a launch has failed, by %s with %i', async (way, code, expected) => {
    const failed = 'ERR_SESSION_FAILED'
    expect(await failing(`cudaLaunchKernel:1:${code}`, 'launch', way)).toEqual({
      codes: [expected, failed, failed, failed, failed],
      sane: '0.680',
      same: true,
    })
  })

  test.each([
    ['session.run', 'cudaLaunchKernel:2:700'],
    ['binding', 'cudaLaunchKernel:2:700'],
    ['session.run', 'cudaMemcpyAsync:1:719'],
    ['binding', 'cuMemcpyHtoDAsync_v2:1:700'],
    ['binding', 'cuStreamQuery:1:700'],
  ])('the first call that meets a lost GPU says so, by %s at %s', async (way, fail) => {
    expect(await failing(fail, 'lost', way)).toEqual(Array(4).fill('ERR_CUDA_DEVICE_LOST'))
  })

  test.each(['release', 'dispose', 'releaseCapture', 'collect', 'exit', 'nothing'])(
    'a session with graphs ends without a crash after the GPU was lost: %s',
    async (way) => {
      const strict = { CUDASIM_STRICT_LOSS: '1' }
      const lost = 'ERR_CUDA_DEVICE_LOST'
      expect(await failing('cudaMemcpyAsync:1:700', 'ends', way, strict)).toEqual([lost, lost])
    },
  )

  test('a full arena has one code', async () => {
    const code = 'ERR_CUDA_OUT_OF_MEMORY'
    expect(await scenario('failures.mjs', 'full', ['create'])).toBe(code)
    expect(await scenario('failures.mjs', 'full', ['run'])).toEqual([code, code, code])
  })
})
