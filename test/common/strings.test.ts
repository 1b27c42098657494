// Strings are UTF-8 in ONNX Runtime. What UTF-8 cannot hold is U+FFFD, as onnxruntime-node has it.
import { InferenceSession, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { identity } from '../helpers/model-builder.mjs'

const GIVEN = ['a\ud800b', '\udc00', '\ud83d\ude00', '\ude00\ud83d', 'é\u{10ffff}', '']
const HELD = ['a\ufffdb', '\ufffd', '\ud83d\ude00', '\ufffd\ufffd', 'é\u{10ffff}', '']

test('half of a surrogate pair becomes U+FFFD, and every other text is held as it is', async () => {
  await using session = await InferenceSession.create(identity('string', [6]), {
    executionProviders: ['cpu'],
  })
  const { y } = await session.run({ x: new Tensor('string', GIVEN, [6]) })
  expect(y!.data).toEqual(HELD)
  using value = OrtValue.allocate('string', [6])
  value.write(GIVEN)
  // On onnxruntime-node a value is JavaScript's until it is fed.
  expect(value.read()).toEqual(session.engine === 'native' ? HELD : GIVEN)
})

test('a batcher gives a row the same texts as a run', async () => {
  await using session = await InferenceSession.create(identity('string', ['n', 6]), {
    executionProviders: ['cpu'],
  })
  await using batcher = await session.createBatcher({ x: [6] }, { maxBatchSize: 2 })
  expect((await batcher.run({ x: GIVEN })).y).toEqual(HELD)
})
