// The fake driver's streams: work is done as late as possible, and complete by then.
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as fake from './fake-cuda.mjs'
import {
  alloc,
  byte,
  cu,
  describeFake,
  driverResult,
  event,
  expectViolation,
  fill,
  INVALID_HANDLE,
  INVALID_VALUE,
  NOT_READY,
  pinned,
  stream,
} from './harness.ts'

describeFake('the streams of the fake CUDA driver', () => {
  let queue: bigint, other: bigint, host: bigint, device: bigint, done: bigint
  beforeEach(() => {
    ;[queue, other, host, device, done] = [stream(), stream(), pinned(16), alloc(16), event()]
    fill(host, 1, 16)
  })
  afterEach(() => {
    cu('cuStreamDestroy_v2', queue)
    cu('cuStreamDestroy_v2', other)
    cu('cuMemFreeHost', host)
    cu('cuMemFree_v2', device)
    cu('cuEventDestroy_v2', done)
  })

  test.each([
    ['cuStreamSynchronize', () => cu('cuStreamSynchronize', queue)],
    ['cuEventSynchronize', () => cu('cuEventSynchronize', done)],
    ['a flush', () => fake.flush(queue)],
    ['a flush of all', () => fake.flush()],
    ['the second cuEventQuery', () => [driverResult('cuEventQuery', done), cu('cuEventQuery', done)]],
    ['the second cuStreamQuery', () => [driverResult('cuStreamQuery', queue), cu('cuStreamQuery', queue)]],
  ])('execute no work until %s', (_, force) => {
    cu('cuMemcpyHtoDAsync_v2', device, host, 16, queue)
    cu('cuMemsetD8Async', device + 8n, 9, 8, queue)
    cu('cuEventRecord', done, queue)
    fill(host, 2, 16) // before the copy is done, which therefore reads it
    expect(byte(device)).toBe(0xcd)
    force()
    expect([byte(device), byte(device + 8n)]).toEqual([2, 9])
  })

  test('read pageable memory at once, and write it before the call returns', () => {
    const page = new Uint8Array(16).fill(5)
    cu('cuMemcpyHtoDAsync_v2', device, fake.arrayAddress(page), 16, queue)
    page.fill(6)
    expect(byte(device)).toBe(0xcd)
    cu('cuMemcpyDtoHAsync_v2', fake.arrayAddress(page), device, 16, queue)
    expect([...page]).toEqual(Array(16).fill(5))
  })

  test('write pinned memory at a wait for them', () => {
    cu('cuMemcpyDtoHAsync_v2', host, device, 16, queue)
    expect(byte(host)).toBe(1)
    cu('cuStreamSynchronize', queue)
    expect(byte(host)).toBe(0xcd)
  })

  test('wait for the latest recording at the time of the wait', () => {
    cu('cuMemcpyHtoDAsync_v2', device, host, 4, queue)
    cu('cuEventRecord', done, queue)
    cu('cuStreamWaitEvent', other, done, 0)
    cu('cuMemcpyHtoDAsync_v2', device + 4n, host, 4, queue)
    cu('cuEventRecord', done, queue)
    cu('cuMemcpyDtoDAsync_v2', device + 8n, device, 4, other)
    fake.flush(other)
    expect([byte(device), byte(device + 4n), byte(device + 8n)]).toEqual([1, 0xcd, 1])
  })

  test('are independent without a wait', () => {
    cu('cuMemcpyHtoDAsync_v2', device, host, 4, queue)
    cu('cuMemcpyDtoDAsync_v2', device + 8n, device, 4, other)
    fake.flush(other)
    expect([byte(device), byte(device + 8n)]).toEqual([0xcd, 0xcd])
  })

  test('wait for each other in turn', () => {
    for (let i = 0; i < 100; i++) {
      const [from, to] = i % 2 === 0 ? [queue, other] : [other, queue]
      cu('cuMemsetD8Async', device, i, 1, from)
      cu('cuEventRecord', done, from)
      cu('cuStreamWaitEvent', to, done, 0)
    }
    cu('cuStreamSynchronize', queue)
    expect(byte(device)).toBe(99)
  })

  test('have events that are done unless work precedes their recording', () => {
    cu('cuEventQuery', done)
    cu('cuEventRecord', done, queue)
    cu('cuEventQuery', done)
    cu('cuMemsetD8Async', device, 1, 1, queue)
    cu('cuEventQuery', done)
    cu('cuEventRecord', done, queue)
    expect(driverResult('cuEventQuery', done)).toBe(NOT_READY)
  })

  test('report freed memory that queued work uses', () => {
    const [block, page] = [alloc(16), pinned(16)]
    cu('cuMemcpyHtoDAsync_v2', block, host, 16, queue)
    cu('cuMemFree_v2', block)
    expectViolation(/^cuMemFree_v2 .*stream \d+ has work queued on 16 bytes of memory of device 0/)
    cu('cuMemcpyDtoHAsync_v2', page, device, 16, queue)
    cu('cuMemFreeHost', page)
    expectViolation(/^cuMemFreeHost .*has work queued on 16 bytes of pinned memory/)
  })

  test.each([
    ['a range too long', () => ['cuMemsetD8Async', device + 1n, 0, 16, queue], INVALID_VALUE, /beyond 16/],
    ['a wild address', () => ['cuMemsetD8Async', 64n, 0, 1, queue], INVALID_VALUE, /not allocated/],
    [
      'too long a pinned range',
      () => ['cuMemcpyDtoHAsync_v2', host + 8n, device, 9, queue],
      INVALID_VALUE,
      /beyond 16/,
    ],
    [
      'device memory as the host',
      () => ['cuMemcpyDtoHAsync_v2', device, device, 1, queue],
      INVALID_VALUE,
      /is device/,
    ],
    ['null', () => ['cuMemcpyDtoHAsync_v2', 0n, device, 1, queue], INVALID_VALUE, /null/],
    ['the default stream', () => ['cuStreamSynchronize', 0n], INVALID_HANDLE, /the default stream/],
    ['an event as a stream', () => ['cuStreamSynchronize', done], INVALID_HANDLE, /stream that is not alive/],
    ['a stream as an event', () => ['cuEventQuery', queue], INVALID_HANDLE, /event that is not alive/],
    ['unknown flags', () => ['cuEventCreate', 8], INVALID_VALUE, /unknown flags 8/],
  ] as const)('refuse %s', (_, call, code, text) => {
    const [name, ...args] = call() as [string, ...(bigint | number)[]]
    expect(driverResult(name, ...args)).toBe(code)
    expectViolation(text)
  })
})
