// The control of the fake CUDA driver, for tests. Of the build that ONNXRUNTIME_IOBINDING_BUILD names, by
// default build/fake-cuda. The driver is one for the process: an addon that opens `libraryPath` (or
// libcuda.so.1, once a function of this module has been called) gets the one that is controlled here.
//
// FAKE_CUDA_DEVICES (2), FAKE_CUDA_DRIVER_VERSION (13000) and FAKE_CUDA_INIT (0, what cuInit gives) are read
// by the driver's cuInit and cuDriverGetVersion.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const build = process.env.ONNXRUNTIME_IOBINDING_BUILD ?? join('build', 'fake-cuda')
const folder = join(import.meta.dirname, '..', '..', build)

/** Path of the driver. */
export const libraryPath = join(folder, 'libcuda.so.1')
/** Path of the module behind this one. */
export const controlPath = join(folder, 'fake_cuda.node')
/** Whether the build has the fake at all. */
export const isBuilt = existsSync(controlPath)

let loaded
const control = () => {
  loaded ??= createRequire(import.meta.url)(controlPath)
  return loaded
}

/**
 * @typedef {object} Call
 * @property {number} seq from 1, on and on: `clearCalls` does not start it anew
 * @property {string} name as exported: `cuMemAlloc_v2`; `fake_cuda_flush` is logged too
 * @property {number} thread from 1, by first call
 * @property {number} stream from 1, by creation; 0 for a call that is of no stream
 * @property {number} bytes of an allocation, a copy or a fill
 * @property {number} result
 *
 * @typedef {object} Live
 * @property {number} deviceBlocks
 * @property {number} deviceBytes
 * @property {number} peakDeviceBytes since the last reset
 * @property {number} pinnedBlocks
 * @property {number} pinnedBytes
 * @property {number} peakPinnedBytes since the last reset
 * @property {number} streams
 * @property {number} events
 * @property {number} primaryRetains how often primary contexts were retained
 * @property {number} contextDepth contexts that the calling thread has pushed and not popped
 *
 * @typedef {object} Fault
 * @property {boolean} [sticky] whether all later calls fail too, until `reset`, but those that free, destroy,
 *   push, pop or exchange the capture mode, and what is queued is dropped: as after
 *   CUDA_ERROR_ILLEGAL_ADDRESS
 */

/** Forgets faults, calls, violations, peaks and capturing. What is alive stays so, and the driver
/** initialised. */
export const reset = () => control().reset()

/**
 * The n-th call from now, of whatever function, fails and has no effect. 1 is the next. cuGetErrorName and
 * cuGetErrorString do not count.
 * @param {number} n
 * @param {number} code a CUresult
 * @param {Fault} [options]
 */
export const failNth = (n, code, { sticky = false } = {}) => control().fail(null, n, code, sticky)

/**
 * The same for the n-th call of one function.
 * @param {string} name as exported
 * @param {number} n
 * @param {number} code a CUresult
 * @param {Fault} [options]
 */
export const failNthOf = (name, n, code, { sticky = false } = {}) => control().fail(name, n, code, sticky)

/**
 * Faults that have not struck. A sweep over n is at its end when one is left.
 * @returns {number}
 */
export const pendingFaults = () => control().pendingFaults()

/**
 * The calls since the last `clearCalls` or `reset`; of very many, the latest 262,144.
 * @returns {Call[]}
 */
export const calls = () => control().calls()
export const clearCalls = () => control().clearCalls()

/** @returns {Live} */
export const live = () => control().live()

/**
 * What was done wrong: handles that are dead or of another device, ranges beyond their allocation, no
 * context, memory freed with work queued on it, writes beyond a block, contexts left at a thread's end.
 * @returns {string[]}
 */
export const violations = () => control().violations()

/**
 * As if another thread captured a CUDA graph in global mode: allocations and frees by a thread in that mode
 * are refused with 900 and are violations.
 * @param {boolean} capturing
 * @param {{ eventQueries?: boolean }} [options] whether cuEventQuery is refused too
 */
export const setCapturing = (capturing, { eventQueries = false } = {}) =>
  control().setCapturing(capturing, eventQueries)

/**
 * Does what is queued: on one stream, with as much of others as it waits for, or on all.
 * @param {bigint} [stream]
 * @returns {number} a CUresult
 */
export const flush = (stream) => control().flush(stream)

/**
 * The driver's functions. Addresses and handles are BigInts; the array that comes back has the CUresult
 * first, then what C has pointers to results for.
 * @returns {Record<string, (...args: (bigint | number)[]) => any[]>}
 */
export const driver = () => control().driver

/**
 * @param {bigint} address
 * @param {number} bytes
 * @returns {Buffer} a copy
 */
export const read = (address, bytes) => control().read(address, bytes)

/**
 * @param {bigint} address
 * @param {Uint8Array} bytes
 */
export const write = (address, bytes) => control().write(address, bytes)

/**
 * @param {Uint8Array} bytes kept by the caller for as long as the address is used
 * @returns {bigint}
 */
export const addressOf = (bytes) => control().addressOf(bytes)
