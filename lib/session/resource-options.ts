import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Check, choice, strings } from '../check'
import { type LogRecord, receiver } from '../engine/log'
import { OrtError } from '../errors'
import type { OrtValue } from '../value/value'
import { contextReader } from './context-reader'
import { initializerValues } from './initializers'
import { SharedWeights } from './shared-weights'

/** Options of a session for what it shares with others, and for what it is given beside its model. */
export interface ResourceOptions {
  /** Weights in the form of ONNX Runtime's kernels, which sessions share. Not on the onnxruntime-node engine. */
  readonly sharedWeights?: SharedWeights
  /**
   * Memory for initializers by name, in place of the session's own, so that sessions share it: values of `OrtValue.allocate` or
   * `OrtValue.fromTensor`, which the session keeps. Data that the model's file contains must be the same; data in other files is
   * replaced. Do not write the memory afterwards. Not on the onnxruntime-node engine.
   */
  readonly initializers?: Readonly<Record<string, OrtValue>>
  /** Paths of libraries of operators (`RegisterCustomOps`). They are native code. Not on the onnxruntime-node engine. */
  readonly customOpLibraries?: readonly string[]
  /** `'shared'`: the threads of `initialize({ threadPool })` in place of the session's own. Default `'session'`. */
  readonly threadPool?: 'session' | 'shared'
  /** `'shared'`: the arena of `initialize({ arena })` in place of the session's own. Default `'session'`. */
  readonly arena?: 'session' | 'shared'
  /**
   * Gives an execution provider the data of a compiled model's EPContext nodes that are not in the model, in place of its files,
   * while the model loads: decrypted, or from elsewhere. By ONNX Runtime's experimental function, which 1.28 to 1.30 have; the
   * provider must use it. Not for devices with memory of their own, nor on the onnxruntime-node engine.
   * @example
   * const files = new Map([['bert_ctx.bin', new Uint8Array([1, 2, 3])]])
   * const epContextDataRead = { callback: (name: string) => files.get(name)!, maxDataSize: 1024 }
   * await using session = await InferenceSession.create('model.onnx', { epContextDataRead })
   */
  readonly epContextDataRead?: EpContextDataRead
  /** Receives the session's messages, asynchronously and from all threads. Not on the onnxruntime-node engine. */
  readonly onLog?: (record: LogRecord) => void
}

/** Reads the data of EPContext nodes. */
export interface EpContextDataRead {
  /** Returns the data of a name of the model's. What it throws fails the load. */
  readonly callback: (name: string) => Uint8Array
  /** The most bytes of one: more fail the load. */
  readonly maxDataSize: number
}

const libraries: Check<readonly string[]> = (value, name) =>
  strings(value, name).map((given) => {
    const path = resolve(given)
    if (existsSync(path)) return path
    throw new OrtError('ERR_LIBRARY_NOT_FOUND', `'${name}' names a file that does not exist`, {
      given: path,
      remedy: 'Name an existing library; a relative path starts at the working directory',
    })
  })

const shared = choice<true | undefined>({ session: undefined, shared: true })

/** Their checks and settings, as the rows of `OPTIONS` in options.ts. */
export const RESOURCE_OPTIONS = {
  arena: { check: shared },
  customOpLibraries: { check: libraries, setting: 'customOpLibraries' },
  epContextDataRead: { check: contextReader, setting: 'readContext' },
  initializers: { check: initializerValues },
  onLog: { check: receiver, setting: 'onLog' },
  sharedWeights: { check: SharedWeights.of, setting: 'sharedWeights' },
  threadPool: { check: shared, setting: 'sharedThreads' },
} as const
