import { setOwn } from '../../check'
import { type InferenceSession, isOrtError, OrtValue, type OrtValueData, type RunValue } from '../../index'
import { same } from '../tensors/compare'
import { type HostTensor, hostTensor, readTensor } from '../tensors/host-tensor'

export type Tensors = ReadonlyMap<string, HostTensor>

/** What the model does not take, as opposed to a disposed session or a lost device. */
const REFUSED = /^ERR_(ORT_|(SHAPE|TYPE)_MISMATCH$)/

/** Runs a model on tensors in host memory. */
export class Runner {
  constructor(readonly session: InferenceSession) {}

  /** Ignores unknown inputs, and outputs that are not tensors. @throws OrtError as `session.run` does */
  async run(inputs: Tensors): Promise<Tensors> {
    const feeds: Record<string, OrtValue> = {}
    try {
      for (const name of this.session.inputNames) {
        const { type, dims, data } = inputs.get(name)!
        const value = OrtValue.allocate(type, dims)
        setOwn(feeds, name, value)
        value.write(data)
      }
      return await readTensors(await this.session.run<RunValue>(feeds))
    } finally {
      for (const value of Object.values(feeds)) value.dispose()
    }
  }

  /** The same, or why the model does not take these inputs. @throws OrtError for all else */
  async attempt(inputs: Tensors): Promise<Tensors | string> {
    try {
      return await this.run(inputs)
    } catch (error) {
      if (!isOrtError(error) || !REFUSED.test(error.code)) throw error
      return `${error.code}: ${error.message}`
    }
  }
}

/** Copies the results, wherever they are, and releases them. */
async function readTensors(results: Readonly<Record<string, RunValue>>): Promise<Tensors> {
  const tensors = new Map<string, HostTensor>()
  try {
    for (const [name, value] of Object.entries(results)) {
      if (!(value instanceof OrtValue)) {
        tensors.set(name, hostTensor(value.type, value.dims, (await value.getData()) as OrtValueData))
      } else if (value.kind === 'tensor') tensors.set(name, readTensor(value, name))
    }
    return tensors
  } finally {
    for (const value of Object.values(results)) value.dispose()
  }
}

/** The outputs in which two runs differ. */
export function changed(before: Tensors, after: Tensors): string[] {
  return [...before].flatMap(([name, tensor]) => {
    const other = after.get(name)
    return other !== undefined && same(tensor, other) ? [] : [name]
  })
}
