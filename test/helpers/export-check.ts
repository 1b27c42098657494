// What the tests of the export check share: short tensors, small models, and a summary of a report.
import {
  checkExport,
  type ExportReport,
  type Samples,
  type SampleTensor,
} from 'onnxruntime-iobinding/export-check'
import { createSession } from './device.ts'
import { type Dim, model, node, tensor, value } from './onnx-graph.mjs'

export const f32 = (dims: number[], data: (number | string)[]): SampleTensor => ({
  type: 'float32',
  dims,
  data,
})
export const i64 = (dims: number[], data: number[]): SampleTensor => ({ type: 'int64', dims, data })
export const ramp = (length: number, start = 0.5): number[] => Array.from({ length }, (_, i) => start + i)

export async function check(bytes: Uint8Array, samples: Samples): Promise<ExportReport> {
  await using session = await createSession(bytes, { logSeverityLevel: 4 })
  return await checkExport(session, samples)
}

/** `code input/output/axis` of each problem, and of each note with a mark. */
export function summary({ findings }: ExportReport): string[] {
  return findings.map(({ code, severity, input, output, axis }) =>
    [severity === 'note' ? '(note)' : '', code, input, output, axis]
      .filter((part) => part !== '' && part !== undefined)
      .join(' '),
  )
}

/** y = x + 1, of these declared dims. */
export function addOne(dims: readonly Dim[]): Uint8Array {
  return model({
    inputs: [value('x', 'float32', dims)],
    outputs: [value('y', 'float32', dims)],
    nodes: [node('Add', ['x', 'one'], ['y'])],
    initializers: [tensor('one', 'float32', [1], [1])],
  })
}

/** y = the sum along axis 1 of the first `length` of x: a loop that was unrolled. */
export function sumOfFirst(length: number): Uint8Array {
  return model({
    inputs: [value('x', 'float32', ['batch', 'sequence'])],
    outputs: [value('y', 'float32', ['batch', 1])],
    nodes: [
      node('Slice', ['x', 'start', 'end', 'axis'], ['head']),
      node('ReduceSum', ['head', 'axis'], ['y']),
    ],
    initializers: [
      tensor('start', 'int64', [1], [0n]),
      tensor('end', 'int64', [1], [BigInt(length)]),
      tensor('axis', 'int64', [1], [1n]),
    ],
  })
}
