import { OrtValue } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName, onDevice } from '../helpers/device.ts'
import { isNative, runForms } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { append } from '../helpers/kind-models.mjs'
import {
  model,
  node,
  optionalHasElement,
  sequenceAt,
  sequenceInsert,
  sequenceType,
  tensorType,
  value,
} from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

/** y = a + b, s = [y, a * y]: on a device its elements are computed there */
const computed = () =>
  model({
    inputs: [value('a', 'float32', [null]), value('b', 'float32', [null])],
    outputs: [value('s', sequenceType(tensorType('float32', [null]))), value('y', 'float32', [null])],
    nodes: [
      node('Add', ['a', 'b'], ['y']),
      node('Mul', ['a', 'y'], ['product']),
      node('SequenceConstruct', ['y', 'product'], ['s']),
    ],
  })

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

    const sums = [Float32Array.of(4, 6), Float32Array.of(4, 12)]
    const given = { a: float32([1, 2]), b: float32([3, 4]) }

    test('elements that a device computed are read in host memory', async () => {
      await using session = await createSession(computed())
      const { s } = await session.run<OrtValue>(given, ['s'])
      expect(s!.toJS()).toEqual(sums)
      expect(s!.elements().map(({ location }) => location)).toEqual(['cpu', 'cpu'])
      if (!onDevice) return
      const named = createSession(computed(), { preferredOutputLocation: { s: 'gpu-buffer' } })
      await expectError(() => named, 'ERR_NOT_SUPPORTED', { says: "'s'" })
    })

    test.each(runForms)('a bound output has elements that a device computed, by %s', async (_form, run) => {
      await using session = await createSession(computed())
      using io = session.createIoBinding({ a: [2], b: [2] })
      for (const b of [3, 5]) {
        io.inputs.a!.set([2, -1] as never)
        io.inputs.b!.set([b, b] as never)
        await run(io)
        const sum = Float32Array.of(2 + b, b - 1)
        expect(io.outputValue('s')!.toJS()).toEqual([sum, Float32Array.of(2 * (2 + b), 1 - b)])
        expect(io.outputs.y).toEqual(sum)
      }
    })

    test.skipIf(!onDevice)('no sequence is left on a device, or has elements there', async () => {
      const device = deviceName!
      await using session = await createSession(computed())
      using io = session.createIoBinding({ a: [2], b: [2] })
      await expectError(() => io.bindOutput('s', device), 'ERR_NOT_SUPPORTED', { says: "'s'" })
      io.runSync()
      expect(io.outputValue('s')!.location).toBe('cpu')
      using there = OrtValue.fromTensor(feeds.a, device)
      await expectError(() => OrtValue.sequence([there]), 'ERR_NOT_SUPPORTED', { says: device })
    })

    // WebGPU has no kernels of sequences: it reads x on the CPU.
    test.skipIf(deviceName !== 'cuda')('a tensor on a device goes into a sequence by value', async () => {
      await using session = await createSession(append())
      using x = OrtValue.fromTensor(float32([7]), deviceName)
      using io = session.createIoBinding({ sequence: OrtValue.sequence([], 'float32'), x })
      io.runSync()
      const next = io.outputValue('next')!
      io.bindOrtValueInput('sequence', next)
      await io.run()
      x.write(Float32Array.of(9))
      expect(next.toJS()).toEqual([Float32Array.of(7)])
      expect(io.outputValue('next')!.toJS()).toEqual([Float32Array.of(7), Float32Array.of(7)])
      const run = await session.run<OrtValue>({ sequence: next, x })
      expect(run.next!.toJS()).toEqual([Float32Array.of(7), Float32Array.of(9)])
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
