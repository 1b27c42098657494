import { bare, boolean, type Check, checkOptions, choice, INT_MAX, integer, string } from '../check'
import { processCpus } from '../engine/cpus'
import type { EngineName } from '../engine/engine'
import { type EngineOptions, LOG_LEVELS, type LogLevel, type LogRecord, receiver } from '../engine/log'
import { engine, openEngine } from '../engine/select'

/** Options of {@link initialize}. */
export interface InitializeOptions {
  /** ONNX Runtime's shared library. Default: `ORT_DYLIB_PATH`, then the library of an installed onnxruntime-node. */
  readonly libraryPath?: string
  /** The lowest severity that is logged. Default: `env.logLevel` of onnxruntime-common, then `'warning'`. */
  readonly logLevel?: LogLevel
  /** Leaves ONNX Runtime's telemetry on. Default: false. A value of `ORT_DISABLE_TELEMETRY` stays as it is. */
  readonly telemetry?: boolean
  /**
   * Threads of the process for sessions with `threadPool: 'shared'`. Only where nobody used ONNX Runtime in the process before,
   * onnxruntime-node included. Not on the onnxruntime-node engine.
   */
  readonly threadPool?: ThreadPoolOptions
  /** A CPU arena of the process for sessions with `arena: 'shared'`. Once a process. Not on the onnxruntime-node engine. */
  readonly arena?: ArenaOptions
  /** Receives messages in place of stderr, asynchronously and from all threads. Not on the onnxruntime-node engine. */
  readonly onLog?: (record: LogRecord) => void
}

/** Threads that sessions share; ONNX Runtime's defaults for what is absent. */
export interface ThreadPoolOptions {
  /** Threads that divide the work of an operator, the calling one included. */
  readonly intraOpNumThreads?: number
  /** Threads of sessions with `executionMode: 'parallel'`. */
  readonly interOpNumThreads?: number
  /** Whether a thread without work polls for some before it sleeps. */
  readonly allowSpinning?: boolean
  /** Processors of each thread but the first, such as `'1,2;3,4'`: ONNX Runtime's `session.intra_op_thread_affinities`. */
  readonly affinities?: string
}

/** An arena that sessions share; ONNX Runtime's defaults for what is absent. */
export interface ArenaOptions {
  /**
   * What the arena may allocate; 0: without a limit. A run that needs more fails with `ERR_OUT_OF_MEMORY`, and the session works
   * on. So does the load of a model whose packed weights need more.
   */
  readonly maxBytes?: number
  /** How the arena grows. Default `'nextPowerOfTwo'`. */
  readonly extendStrategy?: 'nextPowerOfTwo' | 'sameAsRequested'
  /** The first allocation. */
  readonly initialChunkBytes?: number
  /** Of the next one, after a shrinkage too. */
  readonly initialGrowthChunkBytes?: number
  /** What a chunk may waste before it is divided. */
  readonly maxDeadBytesPerChunk?: number
}

/** What {@link initialize} opened. */
export interface Initialized {
  readonly engine: EngineName
  /** Version of ONNX Runtime, such as `1.30.0`. */
  readonly version: string
  /** Path of ONNX Runtime's library. */
  readonly libraryPath: string
  /** The execution providers that the library was built with, by ONNX Runtime's names. */
  readonly availableProviders: readonly string[]
}

const count = integer(0, INT_MAX)
const bytes = integer(0, Number.MAX_SAFE_INTEGER)
const THREAD_POOL = {
  intraOpNumThreads: count,
  interOpNumThreads: count,
  allowSpinning: boolean,
  affinities: string,
}
const ARENA = {
  maxBytes: bytes,
  extendStrategy: choice({ nextPowerOfTwo: 0, sameAsRequested: 1 }),
  initialChunkBytes: bytes,
  initialGrowthChunkBytes: bytes,
  maxDeadBytesPerChunk: bytes,
}
/** Where the process may use a part of the machine alone, ONNX Runtime would start a thread for each core of the machine. */
const threadPool: Check<NonNullable<EngineOptions['threadPool']>> = (value) => {
  const checked = checkOptions(value, THREAD_POOL, 'option of threadPool')
  const { available, cores } = processCpus()
  if (available < cores && checked.affinities === undefined) checked.intraOpNumThreads ??= available
  return checked
}

/** ONNX Runtime's keys. */
const ARENA_KEYS: Readonly<Record<keyof typeof ARENA, string>> = {
  maxBytes: 'max_mem',
  extendStrategy: 'arena_extend_strategy',
  initialChunkBytes: 'initial_chunk_size_bytes',
  initialGrowthChunkBytes: 'initial_growth_chunk_size_bytes',
  maxDeadBytesPerChunk: 'max_dead_bytes_per_chunk',
}

const arena: Check<NonNullable<EngineOptions['arena']>> = (value) => {
  const checked = Object.entries(checkOptions(value, ARENA, 'option of arena'))
  return bare(Object.fromEntries(checked.map(([name, one]) => [ARENA_KEYS[name as keyof typeof ARENA], one])))
}

const OPTIONS = {
  arena,
  threadPool,
  libraryPath: string,
  logLevel: choice(Object.fromEntries(LOG_LEVELS.map((level) => [level, level]))),
  telemetry: boolean,
  onLog: receiver,
}

/**
 * Opens ONNX Runtime with other options than the defaults. Optional; at most once per thread, before its first session or
 * OrtValue. The library and the log belong to the process: the first thread that sets one of them determines it. The same call
 * with another `onLog` makes that the receiver.
 *
 * @throws OrtError `ERR_ALREADY_INITIALIZED`, `ERR_LIBRARY_NOT_FOUND`, `ERR_LIBRARY_VERSION`, `ERR_LIBRARY_INVALID`,
 *   `ERR_LIBRARY_CONFLICT`, each with the paths that were tried
 * @example
 * initialize({ logLevel: 'error', onLog: ({ level, message }) => console.error(level, message) })
 */
export function initialize(options: InitializeOptions = {}): Initialized {
  openEngine(checkOptions(options, OPTIONS, 'option of initialize'))
  return initialized()
}

/**
 * What ONNX Runtime's library reports of its build: branch, commit, flags.
 *
 * @throws OrtError `ERR_NOT_SUPPORTED` on onnxruntime-node, and the codes of {@link initialize}
 * @example
 * console.log(buildInfo()) // such as 'ORT Build Info: git-branch=..., build type=Release, ...'
 */
export function buildInfo(): string {
  return engine().buildInfo()
}

/**
 * Figures of the arena that sessions with `arena: 'shared'` use, in bytes and numbers, by ONNX Runtime's names (`InUse`, `Limit`,
 * `MaxInUse`, `TotalAllocated`, ...); undefined if the process has none.
 *
 * @throws OrtError the codes of {@link initialize}
 * @example
 * const stats = memoryStats()
 * if (stats !== undefined) console.log(stats.InUse, stats.Limit)
 */
export function memoryStats(): Readonly<Record<string, number>> | undefined {
  return engine().memoryStats()
}

/**
 * What is open. Opens ONNX Runtime with the defaults if the thread has not opened it.
 *
 * @throws OrtError the codes of {@link initialize}
 * @example
 * console.log(initialized().version) // such as '1.30.0'
 */
export function initialized(): Initialized {
  const { name, library, availableProviders } = engine()
  return {
    engine: name,
    version: library.version,
    libraryPath: library.path,
    availableProviders: availableProviders(),
  }
}
