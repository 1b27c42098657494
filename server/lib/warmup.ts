import type { DeclaredTensor, ModelConfig, WarmupInput } from './config.js'
import { type DataType, type Elements, findDataType, fromBytes } from './datatypes.js'
import { elementCount } from './parameters.js'
import type { NamedTensor } from './runs.js'

/** Reads a file of the model's folder `warmup`. */
export type ReadSample = (file: string) => Promise<Buffer>

/** A sample request of `model_warmup`. */
export interface Warmup {
  /** Without the axis of a batch. */
  readonly inputs: readonly NamedTensor[]
  readonly rows: number
  readonly count: number
}

const refuse = (sample: string, message: string): never => {
  throw new Error(`config.pbtxt: model_warmup '${sample}': ${message}`)
}

/** The sample requests of a configuration. @throws Error for what does not fit the model */
export async function readWarmup(
  { model_warmup, max_batch_size, input }: ModelConfig,
  declared: readonly DeclaredTensor[],
  read: ReadSample,
): Promise<Warmup[]> {
  const all: Warmup[] = []
  for (const { name, inputs: given, batch_size, count } of model_warmup) {
    if (batch_size < 1 || batch_size > Math.max(1, max_batch_size))
      refuse(name, `batch_size is ${batch_size}, expected 1 to ${Math.max(1, max_batch_size)}`)
    const unknown = Object.keys(given).find((key) => !declared.some((one) => one.name === key))
    if (unknown !== undefined) refuse(name, `the model has no input '${unknown}'`)
    const inputs: NamedTensor[] = []
    for (const one of declared) {
      const its = Object.hasOwn(given, one.name)
        ? given[one.name]!
        : refuse(name, `input '${one.name}' is missing`)
      const type = findDataType(one.type)!
      const { data_type, dims } = input.find((config) => config.name === one.name)!
      if (its.data_type !== data_type)
        refuse(name, `input '${one.name}' is ${its.data_type}, and the model has ${data_type}`)
      if (its.dims.length !== dims.length || dims.some((dim, i) => dim !== -1 && dim !== its.dims[i]))
        refuse(name, `input '${one.name}' has dims [${its.dims}], and the model has [${dims}]`)
      try {
        const data = await readData(its, type, elementCount(its.dims, one.name), one.name, read)
        inputs.push({ name: one.name, type, shape: its.dims, data })
      } catch (error) {
        refuse(name, `input '${one.name}': ${(error as Error).message}`)
      }
    }
    all.push({ inputs, rows: batch_size, count: Math.max(1, count) })
  }
  return all
}

async function readData(
  { input_data_file, random_data }: WarmupInput,
  type: DataType,
  count: number,
  name: string,
  read: ReadSample,
): Promise<Elements> {
  if (input_data_file) return fromBytes(type, count, await read(input_data_file), name)
  if (type.array === undefined) return Array<string>(count).fill('')
  const data = new type.array(count)
  if (!random_data) return data
  if (!type.json) throw new Error(`random_data has no ${type.name}: name an input_data_file`)
  const isFloat = type.name === 'FP32' || type.name === 'FP64'
  const isBig = type.name.endsWith('INT64')
  for (let i = 0; i < count; ++i) {
    // Integers are often indices, which few models accept beyond 1.
    const bit = Math.random() < 0.5 ? 0 : 1
    data[i] = isFloat ? Math.random() : isBig ? BigInt(bit) : bit
  }
  return data
}

/** The sample as a request of as many rows as it has. */
export function warmupRequest({ inputs, rows }: Warmup, isBatched: boolean): readonly NamedTensor[] {
  if (!isBatched) return inputs
  return inputs.map(({ name, type, shape, data }) => ({
    name,
    type,
    shape: [rows, ...shape],
    data: repeated(data, rows),
  }))
}

function repeated(data: Elements, count: number): Elements {
  if (Array.isArray(data)) return Array.from({ length: count }, () => data as string[]).flat()
  const one = data as Exclude<Elements, readonly string[]>
  const all = new (one.constructor as new (length: number) => typeof one)(one.length * count)
  for (let i = 0; i < count; ++i) all.set(one as never, i * one.length)
  return all
}

/** Whether the samples can show what a row does to the others of its batch: two of them differ. */
export const differ = (all: readonly Warmup[]): boolean =>
  new Set(all.map(({ inputs }) => inputs.map(({ shape, data }) => `${shape}:${data}`).join('\n'))).size > 1
