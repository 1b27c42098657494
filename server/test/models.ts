import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identity } from '../../test/helpers/model-builder.mjs'

/** Element types of the protocol, and ONNX's. */
export const TYPES = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  BF16: 'bfloat16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const

/** Any ports that are free. */
export const PORTS = { httpPort: 0, grpcPort: 0, metricsPort: 0 } as const

/** Writes a model in Triton's layout. */
export function writeModel(repository: string, name: string, model: Uint8Array, config?: string): void {
  mkdirSync(join(repository, name, '1'), { recursive: true })
  writeFileSync(join(repository, name, '1', 'model.onnx'), model)
  if (config !== undefined) writeFileSync(join(repository, name, 'config.pbtxt'), config)
}

/** y = x of [n, 3], of each type; and one with a largest batch. */
export function writeIdentities(repository: string): void {
  for (const [name, type] of Object.entries(TYPES))
    writeModel(repository, `identity_${name}`, identity(type, ['n', 3]))
  const config = `
    backend: "onnxruntime"
    max_batch_size: 4
    input [ { name: "x" data_type: TYPE_FP32 dims: [ 3 ] } ]`
  writeModel(repository, 'batched', identity('float32', ['n', 3]), config)
}
