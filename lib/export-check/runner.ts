import { isOrtError } from '../errors'
import type { RunValue } from '../run-arguments'
import type { InferenceSession } from '../session'
import { OrtValue } from '../value'
import { type HostTensor, same } from './elements'
import { feedOf, hostTensor } from './samples'

export type Tensors = ReadonlyMap<string, HostTensor>

/** Runs a model on tensors in host memory. */
export class Runner {
  constructor(readonly session: InferenceSession) {}

  /** Inputs that the model does not have are left out. @throws OrtError as `session.run` does */
  async run(inputs: Tensors): Promise<Tensors> {
    const feeds = Object.fromEntries(
      this.session.inputNames.map((name) => [name, feedOf(inputs.get(name)!)] as const),
    )
    try {
      const results = await this.session.run<RunValue>(feeds)
      return new Map(Object.entries(results).flatMap(([name, value]) => tensorsOf(name, value)))
    } finally {
      for (const value of Object.values(feeds)) value.dispose()
    }
  }

  /** The same, or why the model does not take these inputs. @throws OrtError for all else, as where there is no session */
  async attempt(inputs: Tensors): Promise<Tensors | string> {
    try {
      return await this.run(inputs)
    } catch (error) {
      if (!isOrtError(error) || !/^ERR_(ORT_|SHAPE_MISMATCH$)/.test(error.code)) throw error
      return `${error.code}: ${error.message}`
    }
  }
}

/** What is no tensor is not looked at. */
function tensorsOf(name: string, value: RunValue): [string, HostTensor][] {
  if (!(value instanceof OrtValue)) return [[name, hostTensor(value, name)]]
  const entries: [string, HostTensor][] = value.kind === 'tensor' ? [[name, hostTensor(value, name)]] : []
  value.dispose()
  return entries
}

/** The outputs in which two runs differ. */
export function changed(before: Tensors, after: Tensors): string[] {
  return [...before.keys()].filter((name) => {
    const [a, b] = [before.get(name)!, after.get(name)]
    return b === undefined || !same(a, b)
  })
}
