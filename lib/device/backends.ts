import { env } from 'onnxruntime-common'
import { resolveOnnxruntimeNode } from '../engine/library'
import { engine } from '../engine/select'

/** An execution provider by onnxruntime-common's name, and whether it needs no further library. */
export interface SupportedBackend {
  readonly name: string
  readonly bundled: boolean
}

/** Those of onnxruntime-node on any platform, in its order, by ONNX Runtime's names. */
const BACKENDS: Readonly<Record<string, SupportedBackend>> = {
  CPUExecutionProvider: { name: 'cpu', bundled: true },
  DmlExecutionProvider: { name: 'dml', bundled: true },
  WebGpuExecutionProvider: { name: 'webgpu', bundled: true },
  CUDAExecutionProvider: { name: 'cuda', bundled: false },
  TensorrtExecutionProvider: { name: 'tensorrt', bundled: false },
  CoreMLExecutionProvider: { name: 'coreml', bundled: true },
  QNNExecutionProvider: { name: 'qnn', bundled: true },
}

/**
 * The execution providers of ONNX Runtime's library that this package runs, as onnxruntime-node lists its own. Opens the library.
 * `initialized().availableProviders` has all of the library, by ONNX Runtime's names.
 *
 * @throws OrtError the codes of {@link initialize}
 * @example
 * const names = listSupportedBackends().map(({ name }) => name) // such as ['cpu', 'webgpu', 'cuda']
 */
export function listSupportedBackends(): SupportedBackend[] {
  const available = engine().availableProviders()
  return Object.entries(BACKENDS).flatMap(([provider, backend]) =>
    available.includes(provider) ? [{ ...backend }] : [],
  )
}

// onnxruntime-node sets the same, and then it cannot be changed. Found when it is read: the search reads files.
if (!Object.hasOwn(env.versions, 'node')) {
  Object.defineProperty(env.versions, 'node', {
    get: () => resolveOnnxruntimeNode()?.version,
    enumerable: true,
    configurable: true,
  })
}
