import { types } from 'node:util'
import type * as Ort from 'onnxruntime-node'
import { OrtError, type OrtErrorCode } from '../../errors'
import { type ElementType, elementTypeCode } from '../../model/element-types'
import { type RawValueInfo, type SessionSettings, ValueKind } from '../engine'
import { outputShapeError, resourceError } from '../ort-errors'

/** Conversions between the engine's types and onnxruntime-node's. */

export const INSTALL_ADDON = 'Install the native addon'
export const OMIT = 'Omit it, or install the native addon'

export function notSupported(what: string, remedy: string): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `the onnxruntime-node engine does not have ${what}`, { remedy })
}

export function toInfo(metadata: Ort.InferenceSession.ValueMetadata): RawValueInfo {
  const { name } = metadata
  if (!metadata.isTensor) return { name, kind: ValueKind.opaque, type: 0 }
  const type = elementTypeCode(metadata.type as ElementType)
  const form = `tensor(${type})`
  // onnxruntime-node reports [] both for a scalar and for an unknown rank.
  return metadata.shape.length > 0
    ? { name, kind: ValueKind.tensor, type, form, shape: metadata.shape }
    : { name, kind: ValueKind.tensor, type, form }
}

type SessionOptions = Ort.InferenceSession.SessionOptions

const GRAPH_OPTIMIZATION = { 0: 'disabled', 1: 'basic', 2: 'extended', 3: 'layout', 99: 'all' } as const
const DENORMALS = 'session.set_denormal_as_zero'
const EXECUTION_MODE = ['sequential', 'parallel'] as const

const refuse =
  (option: string, remedy = INSTALL_ADDON) =>
  (): never => {
    throw notSupported(`the session option '${option}'`, remedy)
  }

/** How each setting reaches onnxruntime-node: under the same name, or as the options that a function returns. */
const OPTIONS: {
  readonly [K in keyof SessionSettings]-?:
    | 'same'
    | ((value: NonNullable<SessionSettings[K]>) => SessionOptions)
} = {
  intraOpNumThreads: 'same',
  interOpNumThreads: 'same',
  enableCpuMemArena: 'same',
  enableMemPattern: 'same',
  optimizedModelFilePath: 'same',
  logId: 'same',
  logSeverityLevel: 'same',
  logVerbosityLevel: 'same',
  graphOptimizationLevel: (level) => ({
    graphOptimizationLevel: GRAPH_OPTIMIZATION[level as keyof typeof GRAPH_OPTIMIZATION],
  }),
  executionMode: (mode) => ({ executionMode: EXECUTION_MODE[mode]! }),
  profileFilePrefix: (profileFilePrefix) => ({ enableProfiling: true, profileFilePrefix }),
  externalData: (files) => ({ externalData: Object.entries(files).map(([path, data]) => ({ path, data })) }),
  config: (extra) => {
    // onnxruntime-node loads on JavaScript's own thread, whose arithmetic would change, and runs on others, which ignore it.
    if (extra[DENORMALS] === '1') throw notSupported(`'${DENORMALS}'`, OMIT)
    return { extra }
  },
  // onnxruntime-node accepts them without effect.
  freeDimensionOverrides: refuse('freeDimensionOverrides', OMIT),
  freeDimensionOverridesByDenotation: refuse('freeDimensionOverridesByDenotation', OMIT),
  useDeterministicCompute: refuse('useDeterministicCompute'),
  recordGraphAssignment: refuse('recordGraphAssignment', OMIT),
  // Only for devices, which the engine does not have.
  provider: refuse('executionProviders'),
  providerSelectionPolicy: refuse('providerSelectionPolicy'),
  enableGraphCapture: refuse('enableGraphCapture'),
  blockingWait: refuse('wait'),
  initializers: refuse('initializers'),
  externalInitializers: refuse('initializers'),
  sharedWeights: refuse('sharedWeights'),
  customOpLibraries: refuse('customOpLibraries'),
  sharedThreads: refuse('threadPool'),
  onLog: refuse('onLog'),
  readContext: refuse('epContextDataRead'),
}

export function toOptions(settings: SessionSettings): SessionOptions {
  const options: SessionOptions = { executionProviders: ['cpu'] }
  for (const [name, value] of Object.entries(settings)) {
    const row = OPTIONS[name as keyof SessionSettings] as 'same' | ((value: unknown) => SessionOptions)
    Object.assign(options, row === 'same' ? { [name]: value } : row(value))
  }
  return options
}

/** onnxruntime-node throws ONNX Runtime's messages without its codes: these patterns find the codes. */
const CODES: readonly (readonly [RegExp, OrtErrorCode])[] = [
  [/File doesn't exist|No such file/i, 'ERR_ORT_NO_SUCHFILE'],
  [/is missing in 'feeds'/, 'ERR_MISSING_INPUT'],
  [/Protobuf parsing failed|Failed to parse|parsing/i, 'ERR_ORT_INVALID_PROTOBUF'],
  [/Could not find an implementation|not implemented/i, 'ERR_ORT_NOT_IMPLEMENTED'],
  [/Tensor\.type is not supported|Unsupported data type|non[- ]tensor/i, 'ERR_NOT_SUPPORTED'],
  [
    /Invalid (rank|dimensions)|Got invalid dimensions|Unexpected input data type|Invalid input name/i,
    'ERR_ORT_INVALID_ARGUMENT',
  ],
  [/Non-zero status code returned while running/i, 'ERR_ORT_RUNTIME_EXCEPTION'],
  [/graph|not a registered function\/op|node/i, 'ERR_ORT_INVALID_GRAPH'],
]

export function explain(error: unknown): OrtError {
  if (error instanceof OrtError) return error
  const message = types.isNativeError(error) ? error.message : String(error)
  const known = outputShapeError(message) ?? resourceError(message)
  if (known !== undefined) return known
  const code = CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'ERR_ORT_FAIL'
  return new OrtError(code, message, { cause: error })
}
