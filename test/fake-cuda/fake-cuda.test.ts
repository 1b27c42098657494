// The fake driver itself, on which other tests rely.
import { spawnSync } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import * as fake from './fake-cuda.mjs'
import {
  alloc,
  byte,
  CAPTURE_UNSUPPORTED,
  contexts,
  cu,
  describeFake,
  driverResult,
  event,
  expectViolation,
  fill,
  ILLEGAL_ADDRESS,
  INVALID_CONTEXT,
  INVALID_HANDLE,
  INVALID_VALUE,
  OUT_OF_MEMORY,
  pinned,
  RELAXED,
  stream,
} from './harness.ts'

describeFake('the fake CUDA driver', () => {
  describe('its memory', () => {
    test('is aligned, filled, counted, and freed once', () => {
      const before = cu('cuMemGetInfo_v2')
      const block = alloc(1000)
      expect(block % 256n).toBe(0n)
      expect([...fake.read(block, 1000)]).toEqual(Array(1000).fill(0xcd))
      expect(fake.live()).toMatchObject({ deviceBlocks: 1, deviceBytes: 1000, peakDeviceBytes: 1000 })
      expect(before[0] - cu('cuMemGetInfo_v2')[0]).toBe(1000n)
      cu('cuMemFree_v2', block)
      expect(fake.live()).toMatchObject({ deviceBlocks: 0, deviceBytes: 0, peakDeviceBytes: 1000 })
      expect(driverResult('cuMemFree_v2', block)).toBe(INVALID_VALUE)
      expectViolation(/^cuMemFree_v2 .*freed already/)
    })

    test('is limited', () => {
      expect(driverResult('cuMemAlloc_v2', 2 ** 40)).toBe(OUT_OF_MEMORY)
    })

    test('has one address on the host and the device when it is pinned', () => {
      const [host, to, queue] = [pinned(64), alloc(64), stream()]
      expect(cu('cuMemHostGetDevicePointer_v2', host, 0)).toEqual([host])
      fill(host, 7, 64)
      cu('cuMemcpyDtoDAsync_v2', to, host, 64, queue)
      cu('cuStreamSynchronize', queue)
      expect(byte(to + 63n)).toBe(7)
      cu('cuStreamDestroy_v2', queue)
      cu('cuMemFree_v2', to)
      cu('cuMemFreeHost', host)
    })

    test.each([
      ['behind the alignment', 1000, 1000, /beyond the end of 1000 bytes/],
      ['before the start', 1000, -1, /before the start of 1000 bytes/],
    ])('reports an overrun %s, at the free and before it', (_, bytes, offset, text) => {
      for (const early of [true, false]) {
        const block = alloc(bytes)
        fill(block + BigInt(offset), 1)
        if (early) expectViolation(text)
        cu('cuMemFree_v2', block)
        if (!early) expectViolation(text)
      }
    })

    test.each([
      ['the guard page behind', 256, 256],
      ['the guard page before', 4096, -1],
      ['freed memory', 256, 0],
    ])('ends a process that writes to %s', (what, bytes, offset) => {
      const script = `
        const fake = require(${JSON.stringify(fake.controlPath)})
        const cuda = fake.driver
        cuda.cuInit(0)
        cuda.cuCtxPushCurrent_v2(cuda.cuDevicePrimaryCtxRetain(0)[1])
        const block = cuda.cuMemAlloc_v2(${bytes})[1]
        if (${what === 'freed memory'}) cuda.cuMemFree_v2(block)
        console.log('about to write')
        fake.write(block + ${offset}n, new Uint8Array(1))
        console.log('written')`
      const { stdout, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
      expect(stdout).toBe('about to write\n')
      expect(status).not.toBe(0)
    })
  })

  test('separates two devices', () => {
    const [near, queue, done, start] = [alloc(8), stream(), event(), fake.live().contextDepth]
    cu('cuMemsetD8Async', near, 3, 8, queue)
    cu('cuEventRecord', done, queue)
    cu('cuCtxPushCurrent_v2', contexts[1])
    expect(fake.live().contextDepth).toBe(start + 1)
    const [far, farQueue] = [alloc(8), stream()]
    expect(driverResult('cuStreamSynchronize', queue)).toBe(INVALID_HANDLE)
    expectViolation(/another device/)
    expect(driverResult('cuMemcpyDtoDAsync_v2', far, near, 8, farQueue)).toBe(INVALID_VALUE)
    expectViolation(/memory of device 0, used from device 1/)
    cu('cuStreamWaitEvent', farQueue, done, 0)
    cu('cuMemcpyPeerAsync', far, contexts[1], near, contexts[0], 8, farQueue)
    cu('cuStreamSynchronize', farQueue)
    expect(byte(far)).toBe(3)
    cu('cuMemFree_v2', far)
    cu('cuStreamDestroy_v2', farQueue)
    expect(cu('cuCtxPopCurrent_v2')).toEqual([contexts[1]])
    cu('cuMemFree_v2', near)
    cu('cuStreamDestroy_v2', queue)
    cu('cuEventDestroy_v2', done)
    expect(driverResult('cuDeviceGet', 2)).toBe(101)
  })

  test('sets a current context in place of the one that is current', () => {
    const { contextDepth } = fake.live()
    const queue = stream()
    cu('cuCtxSetCurrent', contexts[1])
    expect(fake.live().contextDepth).toBe(contextDepth)
    expect(driverResult('cuStreamQuery', queue)).toBe(INVALID_HANDLE)
    expectViolation(/another device/)
    expect(driverResult('cuCtxSetCurrent', 123n)).toBe(INVALID_CONTEXT)
    expectViolation(/a context that nobody retains/)
    cu('cuCtxSetCurrent', contexts[0])
    cu('cuStreamQuery', queue)
    cu('cuStreamDestroy_v2', queue)
  })

  test('requires a context, and a push for each pop', () => {
    cu('cuCtxPopCurrent_v2')
    expect(driverResult('cuMemAlloc_v2', 16)).toBe(INVALID_CONTEXT)
    expectViolation(/without a current context/)
    expect(driverResult('cuCtxPopCurrent_v2')).toBe(INVALID_CONTEXT)
    expectViolation(/^cuCtxPopCurrent_v2/)
    expect(driverResult('cuCtxPushCurrent_v2', 123n)).toBe(INVALID_CONTEXT)
    expectViolation(/a context that nobody retains/)
    cu('cuCtxPushCurrent_v2', contexts[0])
  })

  test('numbers threads, and gives each a context stack', async () => {
    const script = `
      const cuda = require(${JSON.stringify(fake.controlPath)}).driver
      const refused = cuda.cuMemAlloc_v2(16)[0]
      const left = cuda.cuCtxPushCurrent_v2(${contexts[0]}n)[0]
      require('node:worker_threads').parentPort.postMessage([refused, left])`
    const worker = new Worker(script, { eval: true })
    const answer = new Promise((resolve) => worker.once('message', resolve))
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    expect(await answer).toEqual([INVALID_CONTEXT, 0])
    await ended
    cu('cuMemGetInfo_v2')
    expect(new Set(fake.calls().map(({ thread }) => thread)).size).toBe(2)
    await expect.poll(() => fake.violations()).toHaveLength(2)
    expect(fake.violations()).toEqual([
      expect.stringMatching(/without a current context/),
      expect.stringMatching(/a thread's end .*1 contexts were never popped/),
    ])
    fake.reset()
  })

  test('logs calls', () => {
    const [queue, block] = [stream(), alloc(32)]
    fake.clearCalls()
    cu('cuMemsetD8Async', block, 1, 32, queue)
    fake.flush(queue)
    cu('cuGetErrorName', 1)
    cu('cuStreamDestroy_v2', queue)
    const [first, second, third] = fake.calls()
    expect(first).toMatchObject({ name: 'cuMemsetD8Async', bytes: 32, result: 0 })
    expect(first.stream).toBeGreaterThan(0)
    expect(second).toEqual({ ...first, seq: first.seq + 1, name: 'fake_cuda_flush', bytes: 0 })
    expect(third).toEqual({ ...second, seq: first.seq + 2, name: 'cuStreamDestroy_v2' })
    cu('cuMemFree_v2', block)
  })

  describe('its faults', () => {
    test('strike the n-th call, which then has no effect', () => {
      fake.failNth(2, OUT_OF_MEMORY)
      const block = alloc(16)
      expect(driverResult('cuMemFree_v2', block)).toBe(OUT_OF_MEMORY)
      expect(fake.live().deviceBlocks).toBe(1)
      cu('cuMemFree_v2', block)
    })

    test('strike the n-th call of a function', () => {
      fake.failNthCall('cuStreamCreate', 1, ILLEGAL_ADDRESS)
      cu('cuMemFree_v2', alloc(16))
      expect(fake.pendingFaults()).toBe(1)
      expect(driverResult('cuStreamCreate', 1)).toBe(ILLEGAL_ADDRESS)
      expect(fake.pendingFaults()).toBe(0)
      cu('cuStreamDestroy_v2', stream())
      expect(() => fake.failNthCall('cuMemAlloc', 1, 1)).toThrow('no function cuMemAlloc')
    })

    test('drop queued work when they are sticky, and spare frees', () => {
      const [queue, block, done] = [stream(), alloc(16), event()]
      cu('cuMemsetD8Async', block, 1, 16, queue)
      cu('cuEventRecord', done, queue)
      fake.failNth(1, ILLEGAL_ADDRESS, { sticky: true })
      expect(driverResult('cuStreamSynchronize', queue)).toBe(ILLEGAL_ADDRESS)
      expect(driverResult('cuMemAlloc_v2', 16)).toBe(ILLEGAL_ADDRESS)
      expect(driverResult('cuEventQuery', done)).toBe(ILLEGAL_ADDRESS)
      expect(cu('cuGetErrorName', ILLEGAL_ADDRESS)).toEqual(['CUDA_ERROR_ILLEGAL_ADDRESS'])
      expect(cu('cuGetErrorString', ILLEGAL_ADDRESS)).toEqual(['an illegal memory access was encountered'])
      expect(byte(block)).toBe(0xcd)
      cu('cuCtxPushCurrent_v2', contexts[0])
      cu('cuMemFree_v2', block)
      cu('cuCtxPopCurrent_v2')
      cu('cuEventDestroy_v2', done)
      expect(fake.violations()).toEqual([])
      fake.reset()
      cu('cuStreamSynchronize', queue)
      cu('cuStreamDestroy_v2', queue)
    })
  })

  test('refuses unsafe calls during a capture, unless the thread is in relaxed mode', () => {
    const [queue, done] = [stream(), event()]
    fake.setCapturing(true)
    expect(driverResult('cuMemAlloc_v2', 16)).toBe(CAPTURE_UNSUPPORTED)
    expect(fake.violations()).toHaveLength(1)
    cu('cuStreamSynchronize', queue)
    cu('cuEventQuery', done)
    expect(cu('cuThreadExchangeStreamCaptureMode', RELAXED)).toEqual([0])
    cu('cuMemFree_v2', alloc(16))
    expect(cu('cuThreadExchangeStreamCaptureMode', 0)).toEqual([RELAXED])
    fake.setCapturing(true, { eventQueries: true })
    expect(driverResult('cuEventQuery', done)).toBe(CAPTURE_UNSUPPORTED)
    expect(fake.violations()).toHaveLength(2)
    fake.reset()
    cu('cuStreamDestroy_v2', queue)
    cu('cuEventDestroy_v2', done)
  })

  /** The value of an expression in a process of its own. */
  const child = (expression: string, env: Record<string, string>) => {
    const script = `
      const cuda = require(${JSON.stringify(fake.controlPath)}).driver
      console.log(JSON.stringify(${expression}))`
    const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const
    return JSON.parse(spawnSync(process.execPath, ['-e', script], options).stdout)
  }

  test.each([
    ['cuInit', { FAKE_CUDA_INIT: '34' }, 34],
    ['cuInit', { FAKE_CUDA_DEVICES: '0' }, 100],
    ['cuDeviceGetCount', {}, 3],
  ])('%s, called first in a process with %j, returns %i', (name, env, code) => {
    expect(child(`cuda.${name}(0)[0]`, env)).toEqual(code)
  })

  test('has the devices of the environment', () => {
    const call = '[cuda.cuInit(0)[0], cuda.cuDeviceGetCount()[1]]'
    expect(child(call, { FAKE_CUDA_DEVICES: '3' })).toEqual([0, 3])
    expect(child(call, {})).toEqual([0, 2])
  })

  // Node.js opens the file with dlopen, and then finds no module in it.
  test('has the soname libcuda.so.1 once the control is loaded', () => {
    const load = "process.dlopen({ exports: {} }, 'libcuda.so.1')"
    const open = `(() => { try { ${load} } catch (error) { return error.message } })()`
    expect(child(open, {})).toMatch(/did not self-register/)
  })
})
