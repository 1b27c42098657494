// The control of the fake CUDA driver, in the build that ONNXRUNTIME_IOBINDING_BUILD names (default:
// build/fake-cuda). A process has one driver: an addon that opens `libraryPath` (or libcuda.so.1, once a
// function of this module has been called) opens the driver that this module controls.
//
// The driver's cuInit reads FAKE_CUDA_DEVICES (default 2) and FAKE_CUDA_INIT (0, its result).
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const build = process.env.ONNXRUNTIME_IOBINDING_BUILD ?? join('build', 'fake-cuda')
const folder = join(import.meta.dirname, '..', '..', build)

/** Path of the driver. */
export const libraryPath = join(folder, 'libcuda.so.1')
/** Path of the native module. */
export const controlPath = join(folder, 'fake_cuda.node')
/** Whether the build has the fake driver. */
export const isBuilt = existsSync(controlPath)

let loaded
const control = () => {
  loaded ??= createRequire(import.meta.url)(controlPath)
  return loaded
}

/**
 * @typedef {object} Call
 * @property {number} seq from 1; `clearCalls` does not reset it
 * @property {string} name as exported: `cuMemAlloc_v2`; `fake_cuda_flush` is logged too
 * @property {number} thread from 1, by first call
 * @property {number} stream from 1, by creation; 0 for a call without a stream
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
 * @property {number} graphs captured ones, executable or not
 * @property {number} primaryRetains retains of primary contexts
 * @property {number} contextDepth contexts that the calling thread has pushed and not popped
 *
 * @typedef {object} Fault
 * @property {boolean} [sticky] as after CUDA_ERROR_ILLEGAL_ADDRESS: until `reset` all later calls fail too, except
 *   those that free, destroy, push, pop or exchange the capture mode, and queued work is dropped
 */

/** Forgets faults, calls, violations, peaks and capturing. Live objects stay, and the driver stays initialized. */
export const reset = () => control().reset()

/**
 * The n-th call from now (1: the next), of any function except cuGetErrorName and cuGetErrorString, fails and has no
 * effect.
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
export const failNthCall = (name, n, code, { sticky = false } = {}) => control().fail(name, n, code, sticky)

/**
 * The number of faults that have not struck. A sweep over n ends when one is left.
 * @returns {number}
 */
export const pendingFaults = () => control().pendingFaults()

/**
 * The calls since the last `clearCalls` or `reset`, at most the latest 262,144.
 * @returns {Call[]}
 */
export const calls = () => control().calls()
export const clearCalls = () => control().clearCalls()

/** @returns {Live} */
export const live = () => control().live()

/**
 * Misuses: dead handles, handles of another device, ranges beyond their allocation, calls without a context, memory
 * that is freed while queued work uses it, writes beyond a block, contexts left when a thread ends.
 * @returns {string[]}
 */
export const violations = () => control().violations()

/**
 * As if another thread captured a CUDA graph in global mode: allocations and frees by a thread in that mode fail with
 * 900 and are violations.
 * @param {boolean} capturing
 * @param {{ eventQueries?: boolean }} [options] whether cuEventQuery fails too
 */
export const setCapturing = (capturing, { eventQueries = false } = {}) =>
  control().setCapturing(capturing, eventQueries)

/** What all nodes of captured graphs are from now on: 0 kernels, 1 copies from host memory, 3 functions of the host.
 * @param {number} type */
export const setNodeType = (type) => control().setNodeType(type)

/**
 * Does the queued work of one stream, and the work on other streams that it waits for; or the work of all streams.
 * @param {bigint} [stream]
 * @returns {number} a CUresult
 */
export const flush = (stream) => control().flush(stream)

/**
 * The driver's functions. Addresses and handles are BigInts; the array that is returned has the CUresult, and then
 * the outputs.
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
export const arrayAddress = (bytes) => control().arrayAddress(bytes)
