// A session is one of onnxruntime-common's and of onnxruntime-node's, and so is its class.
import type * as common from 'onnxruntime-common'
import {
  type ExecutionProvider,
  type Feeds,
  InferenceSession,
  type RunOptions,
  type SessionOptions,
  type ValueMetadata,
} from 'onnxruntime-iobinding'
import type * as node from 'onnxruntime-node'

export const factory: common.InferenceSessionFactory = InferenceSession
export const nodeFactory: typeof node.InferenceSession = InferenceSession

export async function check(session: InferenceSession): Promise<void> {
  const commons: common.InferenceSession = session
  const nodes: node.InferenceSession = await InferenceSession.create('model.onnx')
  const created: common.InferenceSession = await factory.create('model.onnx', { logId: 'x' })
  const metadata: readonly common.InferenceSession.ValueMetadata[] = session.outputMetadata
  const own: readonly ValueMetadata[] = commons.inputMetadata
  const results: common.InferenceSession.ReturnType = await session.run({})
  console.log(nodes, created, metadata, own, results)
}

/** Options in both directions. */
export function options(theirs: common.InferenceSession.SessionOptions, ours: SessionOptions) {
  const provider: common.InferenceSession.ExecutionProviderConfig = 'cuda'
  const providers: ExecutionProvider[] = [provider]
  const given: SessionOptions = { ...theirs, executionProviders: providers }
  const taken: common.InferenceSession.SessionOptions = ours
  return [given, taken]
}
export const runOptions = (theirs: common.InferenceSession.RunOptions, ours: RunOptions) => {
  const given: RunOptions = theirs
  const taken: common.InferenceSession.RunOptions = ours
  return [given, taken]
}
export const feeds = (theirs: common.InferenceSession.FeedsType): Feeds => theirs

// @ts-expect-error: neither package has this option
export const misspelt: SessionOptions = { intraOpNumTreads: 1 }
// @ts-expect-error: onnxruntime-common's sessions lack bindings
export const bound = (session: common.InferenceSession) => session.createIoBinding()
