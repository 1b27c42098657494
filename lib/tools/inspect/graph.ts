import type { AssignedSubgraph } from '../../engine/engine'
import type { ValueMetadata } from '../../model/io'
import type { InferenceSession } from '../../session/session'
import { dataDependentShapes } from './data-shapes'
import { type OnnxModel, readOnnxModel } from './onnx-model'
import { usedNames } from './used-names'
import { type Warning, warningsOf } from './warnings'

/** What a model's graph means to a binding. */
export interface GraphReport {
  /** Absent for a model in ONNX Runtime's own format, as is `opsetImports`. */
  readonly irVersion?: number
  readonly opsetImports?: OnnxModel['opsetImports']
  readonly executionProviders: readonly string[]
  /** Absent where the engine does not tell. */
  readonly assignment?: readonly AssignedSubgraph[]
  /** ONNX Runtime leaves out what a provider runs in the layout NHWC, which is WebGPU's default. */
  readonly assignmentIsWhole: boolean
  readonly warnings: readonly Warning[]
}

/** @param session one that records its graph assignment, where the engine can */
export function inspectGraph(session: InferenceSession, path: string): GraphReport {
  const model = readOnnxModel(path)
  const assignment = session.engine === 'native' ? session.graphAssignment() : undefined
  const ports = { inputs: session.inputMetadata, outputs: session.outputMetadata }
  const warnings = warningsOf({
    ...ports,
    device: session.device.name,
    ...(assignment !== undefined && { assignment }),
    ...(model !== undefined && { graph: factsOf(model, session.inputNames, ports) }),
  })
  return {
    ...(model !== undefined && { irVersion: model.irVersion, opsetImports: model.opsetImports }),
    executionProviders: session.executionProviders,
    ...(assignment !== undefined && { assignment }),
    assignmentIsWhole: session.device.name !== 'webgpu',
    warnings,
  }
}

type SessionIO = Readonly<Record<'inputs' | 'outputs', readonly ValueMetadata[]>>

/** What ONNX Runtime does not tell, and the graph itself does. */
function factsOf({ graph }: OnnxModel, inputNames: readonly string[], ports: SessionIO) {
  const used = usedNames(graph)
  const rankless = new Set(
    [...graph.inputs, ...graph.outputs].flatMap((port) => (port.hasRank ? [] : port.name)),
  )
  // ONNX Runtime may have found out what the model does not declare.
  const known = [...ports.inputs, ...ports.outputs].filter((port) => port.isTensor && port.shape.length > 0)
  for (const { name } of known) rankless.delete(name)
  return {
    unused: new Set(inputNames.filter((name) => !used.has(name))),
    rankless,
    openShapes: dataDependentShapes(graph, inputNames),
  }
}
