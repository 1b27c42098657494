// A program's types, all from onnxruntime-node: it compiles as well with this package's name in the import.
import * as ort from 'onnxruntime-node'
import {
  type Backend,
  type Env,
  env,
  InferenceSession,
  type InferenceSessionFactory,
  type InferenceSessionHandler,
  listSupportedBackends,
  type NonTensorType,
  type OnnxModelOptions,
  type OnnxValue,
  type OnnxValueDataLocation,
  registerBackend,
  Tensor,
  type TensorConstructor,
  type TensorFactory,
  type TypedTensor,
} from 'onnxruntime-node'

export type Common = [
  Backend,
  Env.WebGpuFlags,
  InferenceSessionHandler,
  NonTensorType,
  OnnxModelOptions,
  OnnxValueDataLocation,
  TensorFactory,
  InferenceSession.CoreMLExecutionProviderOption,
  InferenceSession.CpuExecutionProviderOption,
  InferenceSession.CudaExecutionProviderOption,
  InferenceSession.DmlExecutionProviderOption,
  InferenceSession.ExecutionProviderName,
  InferenceSession.ExecutionProviderOption,
  InferenceSession.ExecutionProviderOptionMap['tensorrt'],
  InferenceSession.NnapiExecutionProviderOption,
  InferenceSession.NonTensorValueMetadata,
  InferenceSession.QnnExecutionProviderOption,
  InferenceSession.TensorRtExecutionProviderOption,
  InferenceSession.ValueMetadataBase,
  InferenceSession.WebAssemblyExecutionProviderOption,
  InferenceSession.WebGLExecutionProviderOption,
  InferenceSession.WebGpuExecutionProviderOption,
  InferenceSession.WebNNContextOptions,
  InferenceSession.WebNNExecutionProviderName,
  InferenceSession.WebNNExecutionProviderOption,
  InferenceSession.WebNNOptionsWebGpu,
  InferenceSession.WebNNOptionsWithMLContext,
  InferenceSession.WebNNOptionsWithoutMLContext,
  InferenceSession.XnnpackExecutionProviderOption,
]

export interface Models {
  encoder: InferenceSession
  decoder?: ort.InferenceSession | undefined
}

const providers: InferenceSession.ExecutionProviderConfig[] = ['cuda', { name: 'cpu', useArena: false }]
const cuda: InferenceSession.CudaExecutionProviderOption = { name: 'cuda', deviceId: 1 }
const webgpu: InferenceSession.WebGpuExecutionProviderOption = { name: 'webgpu', preferredLayout: 'NHWC' }
const options: InferenceSession.SessionOptions = { graphOptimizationLevel: 'all', logSeverityLevel: 3 }
options.executionProviders = [...providers, cuda, webgpu, 'dml']
options.intraOpNumThreads = 2
options.enableGraphCapture = false
options.preferredOutputLocation = { y: 'gpu-buffer' }
options.extra = { session: { set_denormal_as_zero: '1' } }
options.externalData = ['model.onnx.data', { path: 'a', data: new Uint8Array(4) }]
options.freeDimensionOverrides = { batch: 1 }

const runOptions: InferenceSession.RunOptions = { logSeverityLevel: 2 }
runOptions.tag = 'tag'
runOptions.terminate = false

export async function load(): Promise<Models> {
  const encoder: InferenceSession = await InferenceSession.create('encoder.onnx', options)
  const bytes = new Uint8Array(8)
  const decoder = await ort.InferenceSession.create(bytes.buffer, 0, 8, { ...options, logId: 'decoder' })
  await InferenceSession.create(bytes)
  return { encoder, decoder }
}

/** As libraries take sessions and factories from their callers. */
export async function create(factory: InferenceSessionFactory = InferenceSession): Promise<InferenceSession> {
  return (await factory.create('model.onnx', options)) as InferenceSession
}

export async function infer(session: InferenceSession): Promise<OnnxValue> {
  const x: Tensor = new Tensor('float32', [1, 2], [2])
  const ids: TypedTensor<'int64'> = new Tensor('int64', BigInt64Array.of(1n), [1])
  const feeds: Record<string, Tensor> = { x }
  const typed: InferenceSession.FeedsType = { x, ids }
  const fetches: InferenceSession.FetchesType = ['y']
  const nullable: InferenceSession.NullableOnnxValueMapType = { y: null }
  await session.run(feeds, runOptions)
  await session.run(typed, nullable)
  const results: InferenceSession.ReturnType = await session.run(typed, fetches, runOptions)
  const all: InferenceSession.OnnxValueMapType = results
  const [dim] = all.y!.dims
  const data = (await results.y!.getData()) as Float32Array
  console.log(
    typed.x!.data,
    dim,
    data,
    session.inputNames.map((name) => name.length),
  )
  session.startProfiling()
  session.endProfiling()
  await session.release()
  return results.y!
}

export function describe(session: InferenceSession): string[] {
  const metadata: readonly InferenceSession.ValueMetadata[] = session.inputMetadata
  return metadata.map((info) => {
    if (!info.isTensor) return info.name
    const tensor: InferenceSession.TensorValueMetadata = info
    const type: Tensor.Type = tensor.type
    return `${tensor.name}: ${type} ${tensor.shape.map((dim) => (typeof dim === 'string' ? -1 : dim)).join()}`
  })
}

const settings: Env = env
settings.logLevel = 'error'
const Class: TensorConstructor = Tensor
export const names: string[] = listSupportedBackends().map(({ name, bundled }) => `${name} ${bundled}`)
export const backends = (backend: Backend) => registerBackend('mine', backend, 1)
export const empty = new Class('float32', new Float32Array(0), [0])
