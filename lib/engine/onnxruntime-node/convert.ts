import type * as Ort from 'onnxruntime-node'
import { OrtError, type OrtErrorCode } from '../../errors'
import { type ElementType, elementTypeCode } from '../../model/element-types'
import { type RawValueInfo, type SessionSettings, ValueKind } from '../engine'
import { outputShapeError } from '../ort-errors'

/** Between the engine's forms and onnxruntime-node's. */

export function notSupported(what: string, remedy: string): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `the onnxruntime-node engine does not have ${what}`, { remedy })
}

export function toInfo(metadata: Ort.InferenceSession.ValueMetadata): RawValueInfo {
  const { name } = metadata
  if (!metadata.isTensor) return { name, kind: ValueKind.opaque, type: 0 }
  const type = elementTypeCode(metadata.type as ElementType)
  // It says [] for a scalar and for an unknown rank alike.
  return metadata.shape.length > 0
    ? { name, kind: ValueKind.tensor, type, shape: metadata.shape }
    : { name, kind: ValueKind.tensor, type }
}

const GRAPH_OPTIMIZATION = { 0: 'disabled', 1: 'basic', 2: 'extended', 3: 'layout', 99: 'all' } as const
const EXECUTION_MODE = ['sequential', 'parallel'] as const

export function toOptions(settings: SessionSettings): Ort.InferenceSession.SessionOptions {
  if (settings.freeDimensionOverrides !== undefined) {
    // It would take them and do nothing.
    throw notSupported("the session option 'freeDimensionOverrides'", 'Leave it out')
  }
  if (settings.recordGraphAssignment) {
    throw notSupported(
      "the session option 'recordGraphAssignment'",
      'Leave it out, or install the native addon',
    )
  }
  const { graphOptimizationLevel, executionMode, profileFilePrefix, externalData, config, ...same } = settings
  return {
    ...(same as Ort.InferenceSession.SessionOptions),
    executionProviders: ['cpu'],
    ...(graphOptimizationLevel !== undefined && {
      graphOptimizationLevel: GRAPH_OPTIMIZATION[graphOptimizationLevel as keyof typeof GRAPH_OPTIMIZATION],
    }),
    ...(executionMode !== undefined && { executionMode: EXECUTION_MODE[executionMode]! }),
    ...(profileFilePrefix !== undefined && { enableProfiling: true, profileFilePrefix }),
    ...(externalData !== undefined && {
      externalData: Object.entries(externalData).map(([path, data]) => ({ path, data })),
    }),
    ...(config !== undefined && { extra: config }),
  }
}

/** onnxruntime-node throws ONNX Runtime's texts without its codes: these tell the codes by them. */
const CODES: readonly (readonly [RegExp, OrtErrorCode])[] = [
  [/File doesn't exist|No such file/i, 'ERR_ORT_NO_SUCHFILE'],
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
  const message = error instanceof Error ? error.message : String(error)
  const known = outputShapeError(message)
  if (known !== undefined) return known
  const code = CODES.find(([pattern]) => pattern.test(message))?.[1] ?? 'ERR_ORT_FAIL'
  return new OrtError(code, message, { cause: error })
}
