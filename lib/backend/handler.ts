import type { InferenceSession as Common, InferenceSessionHandler, Tensor } from 'onnxruntime-common'
import { OrtError } from '../errors'
import type { Feeds, Fetches, RunValue } from '../session/request'
import { InferenceSession } from '../session/session'
import { OrtValue } from '../value/value'
import { runOptions, sessionOptions } from './options'

/** The class Tensor of a copy of onnxruntime-common. */
export type TensorClass = typeof Tensor

/** A session of this package behind the `InferenceSession` of a copy of onnxruntime-common. */
export class SessionHandler implements InferenceSessionHandler {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly inputMetadata: readonly Common.ValueMetadata[]
  readonly outputMetadata: readonly Common.ValueMetadata[]
  readonly #session: InferenceSession
  readonly #Tensor: TensorClass

  private constructor(session: InferenceSession, Tensor: TensorClass) {
    this.#session = session
    this.#Tensor = Tensor
    this.inputNames = session.inputNames
    this.outputNames = session.outputNames
    this.inputMetadata = session.inputMetadata
    this.outputMetadata = session.outputMetadata
  }

  static async load(
    Tensor: TensorClass,
    model: string | Uint8Array,
    options: Common.SessionOptions = {},
  ): Promise<SessionHandler> {
    const given = sessionOptions(options as Readonly<Record<string, unknown>>)
    return new SessionHandler(await InferenceSession.create(model as string, given), Tensor)
  }

  async run(feeds: object, fetches: object, options: object): Promise<Record<string, Tensor>> {
    const results = await this.#session.run<RunValue>(
      feeds as Feeds,
      fetches as Fetches,
      runOptions(options as Readonly<Record<string, unknown>>),
    )
    const tensors: Record<string, Tensor> = {}
    for (const [name, value] of Object.entries(results)) tensors[name] = this.#tensor(name, value)
    return tensors
  }

  /** onnxruntime-common takes Tensors of its own copy as they are; its own conversion loses their location. */
  #tensor(name: string, value: RunValue): Tensor {
    const Tensor = this.#Tensor
    if (value instanceof Tensor) return value
    if (OrtValue.is(value)) throw noTensor(name, value)
    const { type, dims, location } = value
    if (location !== 'gpu-buffer') return new Tensor(type, elements(value) as Tensor.DataType, dims)
    return Tensor.fromGpuBuffer(value.gpuBuffer, {
      dataType: type as Tensor.GpuBufferDataTypes,
      dims,
      download: () => value.getData() as Promise<never>,
      dispose: () => value.dispose(),
    })
  }

  startProfiling(): void {}

  endProfiling(): void {
    this.#session.endProfiling()
  }

  dispose(): Promise<void> {
    return this.#session.release()
  }
}

/** Older copies of onnxruntime-common have no Float16Array, newer ones make it of the bits. */
function elements({ type, data }: Tensor): unknown {
  if (type !== 'float16') return data
  const { buffer, byteOffset, length } = data as Uint16Array
  return new Uint16Array(buffer, byteOffset, length)
}

function noTensor(name: string, value: OrtValue): OrtError {
  return new OrtError('ERR_NOT_SUPPORTED', `output '${name}' cannot be a Tensor of onnxruntime-common`, {
    given: value.kind === 'tensor' ? `a tensor of ${value.type}` : `a value of kind '${value.kind}'`,
    remedy: "Run the model with this package's own InferenceSession, which returns an OrtValue",
  })
}
