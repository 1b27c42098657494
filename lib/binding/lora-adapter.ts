import { promises } from 'node:fs'
import { types } from 'node:util'
import { bufferBytes, string } from '../check'
import { checkConstruction, refuseProxies } from '../classes'
import { argumentTypeError, OrtError } from '../errors'
import { type AdapterParameter, readAdapter } from '../model/adapter-file'
import { elementTypeName, rawView, typedArrayBuffer } from '../model/element-types'
import { OrtValue } from '../value/value'

/**
 * A LoRA adapter: values for inputs that a model declares for it, usually with an initializer as the default. Use it by
 * `session.run(feeds, { activeLoraAdapters: [adapter] })`, or by `io.bindAdapter(adapter)`. Python's `onnxruntime.LoraAdapter`.
 *
 * @example
 * using adapter = await LoraAdapter.create('tenant.onnx_adapter')
 * console.log(adapter.parameterNames)
 */
export class LoraAdapter implements Disposable {
  /** Versions of the adapter and of its model, which its author chose. */
  readonly adapterVersion: number
  readonly modelVersion: number
  readonly #parameters: ReadonlyMap<string, OrtValue>

  static {
    refuseProxies(LoraAdapter, 'a LoraAdapter', (value) => #parameters in value)
  }

  private constructor(bytes: Uint8Array, given: string) {
    checkConstruction(bytes, 'LoraAdapter', 'await LoraAdapter.create()')
    const { adapterVersion, modelVersion, parameters } = readAdapter(bytes, given)
    this.adapterVersion = adapterVersion
    this.modelVersion = modelVersion
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, toValue(parameter)]))
  }

  /**
   * Reads an adapter's file, or takes its bytes, which are copied.
   *
   * @param source path of an `.onnx_adapter`, or its bytes
   * @throws OrtError `ERR_ORT_NO_SUCHFILE`, `ERR_INVALID_ARG_VALUE` for a file that is not an adapter; OrtTypeError
   * @example
   * using adapter = await LoraAdapter.create('tenant.onnx_adapter')
   */
  static async create(source: string | Uint8Array | ArrayBufferLike): Promise<LoraAdapter> {
    if (types.isUint8Array(source)) {
      bufferBytes(typedArrayBuffer(source), 'source') // throws if it was detached
      return new LoraAdapter(source, `${source.length} bytes`)
    }
    if (types.isAnyArrayBuffer(source))
      return new LoraAdapter(bufferBytes(source, 'source'), `${source.byteLength} bytes`)
    if (typeof source !== 'string') throw argumentTypeError('source', 'a path or bytes', source)
    const path = string(source, 'source')
    const bytes = await promises.readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new OrtError('ERR_ORT_NO_SUCHFILE', 'the LoRA adapter could not be read', {
        given: `${path} (${cause.code})`,
        remedy: 'Name a file that this process can read',
        cause,
      })
    })
    return new LoraAdapter(bytes, path)
  }

  /** Names of the inputs that it gives. */
  get parameterNames(): readonly string[] {
    return [...this.#parameters.keys()]
  }

  /** @internal Values by the names of inputs. */
  get parameters(): ReadonlyMap<string, OrtValue> {
    return this.#parameters
  }

  /**
   * Frees its memory after the last run that uses it. A binding that it is bound to refuses further runs.
   * @example
   * const adapter = await LoraAdapter.create('tenant.onnx_adapter')
   * adapter.dispose()
   */
  dispose(): void {
    for (const value of this.#parameters.values()) value.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

function toValue({ name, type, dims, data }: AdapterParameter): OrtValue {
  const element = elementTypeName(type)
  if (element === undefined || element === 'string') {
    throw new OrtError(
      'ERR_NOT_SUPPORTED',
      `parameter '${name}' of the LoRA adapter is not a tensor of numbers`,
    )
  }
  const value = OrtValue.allocate(element, dims)
  const memory = rawView(value.data)
  if (memory.byteLength !== data.length) {
    throw new OrtError(
      'ERR_INVALID_ARG_VALUE',
      `parameter '${name}' of the LoRA adapter has the wrong length`,
      {
        expected: `${memory.byteLength} bytes`,
        given: `${data.length} bytes`,
      },
    )
  }
  new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).set(data)
  return value
}
