import type { AssignedSubgraph, InferenceSession, ValueMetadata } from '../../index'
import { dataDependentShapes } from './data-shapes'
import { type OnnxModel, readOnnxModel } from './onnx-model'
import { findWrongShapes } from './trial'
import { usedNames } from './used-names'
import { findWarnings, type Warning } from './warnings'

/** What a model's graph means for a binding. */
export interface GraphReport {
  /** Absent for a model in ONNX Runtime's own format, as is `opsetImports`. */
  readonly irVersion?: number
  readonly opsetImports?: OnnxModel['opsetImports']
  readonly executionProviders: readonly string[]
  /** Absent where the engine does not report it. */
  readonly assignment?: readonly AssignedSubgraph[]
  /** ONNX Runtime omits what a provider runs in the layout NHWC, which is WebGPU's default. */
  readonly assignmentIsWhole: boolean
  readonly warnings: readonly Warning[]
}

/** @param session one that records its graph assignment, where the engine can */
export async function inspectGraph(session: InferenceSession, path: string): Promise<GraphReport> {
  const model = readOnnxModel(path)
  const { inputMetadata: inputs, outputMetadata: outputs, executionProviders } = session
  const device = session.device.name
  const assignment = session.engine === 'native' ? { assignment: session.graphAssignment() } : {}
  const graph = model === undefined ? {} : { graph: analyze(model, session) }
  const wrongShapes = (await findWrongShapes(session)) ?? []
  return {
    ...(model !== undefined && { irVersion: model.irVersion, opsetImports: model.opsetImports }),
    executionProviders,
    ...assignment,
    assignmentIsWhole: device !== 'webgpu',
    warnings: findWarnings({ inputs, outputs, device, ...assignment, ...graph, wrongShapes }),
  }
}

/** What the graph tells beyond ONNX Runtime's metadata. */
function analyze({ graph }: OnnxModel, { inputMetadata, outputMetadata, inputNames }: InferenceSession) {
  const used = usedNames(graph)
  const rankless = new Set(
    [...graph.inputs, ...graph.outputs].flatMap(({ name, hasRank }) => (hasRank ? [] : name)),
  )
  // ONNX Runtime may have inferred a shape that the model does not declare.
  const values: readonly ValueMetadata[] = [...inputMetadata, ...outputMetadata]
  for (const value of values) if (value.isTensor && value.shape.length > 0) rankless.delete(value.name)
  return {
    unused: new Set(inputNames.filter((name) => !used.has(name))),
    rankless,
    openShapes: dataDependentShapes(graph, inputNames),
  }
}
