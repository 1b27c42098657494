// A process whose environment has neither threads nor an arena to share, since onnxruntime-node made it.
import { InferenceSession, initialize, memoryStats } from 'onnxruntime-iobinding'
import { InferenceSession as Other } from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { expectError } from '../helpers/errors.ts'
import { oneNode } from '../helpers/model-builder.mjs'

test('threads and an arena that the process does not have are refused', async () => {
  await (await Other.create(oneNode())).release()
  for (const threadPool of [{ threads: 1 }, { intraOpNumThreads: -1 }, { affinities: 1 }])
    await expectError(() => initialize({ threadPool } as never), /^ERR_(UNKNOWN_OPTION|INVALID_ARG)/)
  await expectError(() => initialize({ arena: { maxBytes: '1' } } as never), 'ERR_INVALID_ARG_TYPE')
  await expectError(() => initialize({ threadPool: { intraOpNumThreads: 2 } }), 'ERR_ALREADY_INITIALIZED', {
    says: 'onnxruntime-node',
  })
  initialize()
  expect(memoryStats()).toBeUndefined()
  await expectError(() => InferenceSession.create(oneNode(), { arena: 'shared' }), 'ERR_INVALID_ARG_VALUE', {
    says: 'initialize',
  })
  await expectError(() => InferenceSession.create(oneNode(), { threadPool: 'shared' }), /^ERR_/, {
    says: 'initialize',
  })
})
