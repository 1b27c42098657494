import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { optionalHasElement, sequenceAt, sequenceInsert } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

describe('sequences', () => {
  const a = [1, 2]
  const b = [3, 4, 5]
  const feeds = { a: float32(a), b: float32(b) }

  if (isNative) {
    test('a sequence is an output and an input', async () => {
      await using inserting = await createSession(sequenceInsert())
      await using taking = await createSession(sequenceAt())
      const sequence = (await inserting.run<OrtValue>(feeds)).sequence!
      expect(sequence).toBeInstanceOf(OrtValue)
      expect(sequence.kind).toBe('sequence')
      expect(sequence.elements().map((value) => [...(value.data as Float32Array)])).toEqual([a, b])
      for (const given of [
        sequence,
        OrtValue.sequence([OrtValue.fromTensor(feeds.a), OrtValue.fromTensor(feeds.b)]),
      ]) {
        const { y } = await taking.run({ sequence: given, index: int64([1], []) })
        expect(y!.data).toEqual(Float32Array.from(b))
      }
      await expectError(() => sequence.data, 'ERR_TYPE_MISMATCH', { type: TypeError })
      await expectError(() => sequence.type, 'ERR_TYPE_MISMATCH', { type: TypeError })
      await expectError(() => taking.run({ sequence: feeds.a, index: int64([1], []) }), 'ERR_TYPE_MISMATCH')
    })

    test.each(runForms)('bindings take and give sequences, by %s', async (_form, run) => {
      await using inserting = await createSession(sequenceInsert())
      await using taking = await createSession(sequenceAt())
      using first = inserting.createIoBinding({ a: [2], b: [3] })
      first.inputs.a!.set(a as never)
      first.inputs.b!.set(b as never)
      await run(first)
      using second = taking.createIoBinding({ sequence: first.outputValue('sequence')!, index: [] })
      for (const [index, expected] of [a, b].entries()) {
        ;(second.inputs.index as BigInt64Array)[0] = BigInt(index)
        await run(second)
        expect(second.outputs.y).toEqual(Float32Array.from(expected))
      }
    })

    test('an optional input takes a tensor', async () => {
      await using session = await createSession(optionalHasElement())
      const { y } = await session.run({ optional: float32([1]) })
      expect(y!.data).toEqual(Uint8Array.of(1))
    })
  } else {
    test('onnxruntime-node has no sequences', async () => {
      await expectError(() => OrtValue.sequence([OrtValue.fromTensor(feeds.a)]), 'ERR_NOT_SUPPORTED')
      await using inserting = await createSession(sequenceInsert())
      await expectError(() => inserting.run(feeds), 'ERR_NOT_SUPPORTED')
      using binding = inserting.createIoBinding({ a: [2], b: [3] })
      await expectError(() => binding.run(), 'ERR_NOT_SUPPORTED')
    })
  }
})
