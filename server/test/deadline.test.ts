import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withDeadline } from '../dist/deadline.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const HOURS = 3_600_000

test('of a run that has ended no timer and no listener is left', async () => {
  const client = new AbortController()
  const remove = vi.spyOn(client.signal, 'removeEventListener')
  expect(await withDeadline(HOURS, client.signal, async () => 1)).toBe(1)
  const failing = withDeadline(HOURS, undefined, () => Promise.reject(new Error('a failure')))
  await expect(failing).rejects.toThrow('a failure')
  expect(vi.getTimerCount()).toBe(0)
  expect(remove).toHaveBeenCalledOnce()
})

test.each([10, HOURS, 2 ** 40])('the signal aborts at the deadline, not before: %d ms', async (timeoutMs) => {
  const client = new AbortController()
  const given = await withDeadline(timeoutMs, client.signal, async (signal) => {
    vi.advanceTimersByTime(Math.min(timeoutMs, 2 ** 31 - 1) - 1)
    expect(signal!.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    return signal!
  })
  expect(given.reason).toMatchObject({ name: 'TimeoutError' })
})

test("it aborts for the client too, and without a deadline the signal is the client's own", async () => {
  const client = new AbortController()
  const reason = new Error('left')
  const given = await withDeadline(HOURS, client.signal, async (signal) => {
    client.abort(reason)
    return signal!
  })
  expect(given.reason).toBe(reason)
  expect(await withDeadline(undefined, client.signal, async (signal) => signal)).toBe(client.signal)
})
