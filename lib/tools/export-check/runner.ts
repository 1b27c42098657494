import { isOrtError } from '../../errors'
import { rawView } from '../../model/element-types'
import type { RunValue } from '../../session/request'
import type { InferenceSession } from '../../session/session'
import { OrtValue } from '../../value/value'
import { type HostTensor, same } from './elements'
import { readTensor } from './samples'

export type Tensors = ReadonlyMap<string, HostTensor>

/** What the model does not take, as opposed to a session that is gone or a device that was lost. */
const REFUSED = /^ERR_(ORT_|(SHAPE|TYPE)_MISMATCH$)/

/** Runs a model on tensors in host memory. */
export class Runner {
  constructor(readonly session: InferenceSession) {}

  /** Inputs that the model does not have are left out, and outputs that are no tensors. @throws OrtError as `session.run` does */
  async run(inputs: Tensors): Promise<Tensors> {
    const feeds: Record<string, OrtValue> = {}
    try {
      for (const name of this.session.inputNames) feeds[name] = feedOf(inputs.get(name)!)
      return await tensorsOf(await this.session.run<RunValue>(feeds))
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

function feedOf({ type, dims, data }: HostTensor): OrtValue {
  const value = OrtValue.allocate(type, dims)
  try {
    value.write(data as never)
    return value
  } catch (error) {
    value.dispose()
    throw error
  }
}

/** Results wherever they are; they are let go of. */
async function tensorsOf(results: Readonly<Record<string, RunValue>>): Promise<Tensors> {
  const tensors = new Map<string, HostTensor>()
  try {
    for (const [name, value] of Object.entries(results)) {
      if (!(value instanceof OrtValue)) {
        const data = (await value.getData()) as HostTensor['data']
        tensors.set(name, {
          type: value.type,
          dims: value.dims,
          data: Array.isArray(data) ? data : rawView(data),
        })
      } else if (value.kind === 'tensor') tensors.set(name, readTensor(value, name))
    }
    return tensors
  } finally {
    for (const value of Object.values(results)) value.dispose()
  }
}

/** The outputs in which two runs differ. */
export function changed(before: Tensors, after: Tensors): string[] {
  return [...before.keys()].filter((name) => {
    const [a, b] = [before.get(name)!, after.get(name)]
    return b === undefined || !same(a, b)
  })
}
