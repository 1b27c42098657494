import { InferenceSession, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { createSession, deviceName } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, slowLoop, tensor, value } from '../helpers/model-builder.mjs'
import { float32 } from '../helpers/values.ts'

/** In WebGPU's own layout, NHWC, ONNX Runtime does not report all nodes. */
const recorded: SessionOptions = {
  recordGraphAssignment: true,
  ...(deviceName === 'webgpu' && {
    executionProviders: [{ name: 'webgpu', preferredLayout: 'NCHW' }, 'cpu'] as const,
  }),
}
/** The fake CUDA driver's sessions run on the CPU, those of the simulated GPU do not. */
const isSimulated = process.env.CUDASIM_NVDISASM !== undefined
const provider =
  deviceName === 'webgpu'
    ? 'WebGpuExecutionProvider'
    : deviceName === 'cuda' && isSimulated
      ? 'CUDAExecutionProvider'
      : 'CPUExecutionProvider'

const assignedNodes = (session: InferenceSession) => session.graphAssignment().flatMap(({ nodes }) => nodes)

test('a session that did not record the assignment refuses to report it', async () => {
  await using session = await createSession(mlp())
  const says = isNative ? 'recordGraphAssignment: true' : 'onnxruntime-node'
  await expectError(() => session.graphAssignment(), 'ERR_NOT_SUPPORTED', { says })
})

test('the option is a boolean', async () => {
  const options = { recordGraphAssignment: 'yes' } as never
  await expectError(() => createSession(mlp(), options), 'ERR_INVALID_ARG_TYPE', { type: TypeError })
  await using session = await createSession(mlp(), { recordGraphAssignment: false })
  await expectError(() => session.graphAssignment(), 'ERR_NOT_SUPPORTED')
})

if (!isNative) {
  test('onnxruntime-node refuses the option', async () => {
    await expectError(() => createSession(mlp(), recorded), 'ERR_NOT_SUPPORTED', {
      says: ['recordGraphAssignment', 'onnxruntime-node'],
    })
  })
} else {
  describe('a recorded assignment', () => {
    test('gives each node a provider, a name, a domain and an operator', async () => {
      await using session = await createSession(
        model({
          inputs: [value('x', 'float32', ['n'])],
          outputs: [value('y', 'float32', ['n'])],
          nodes: [
            node('Mul', ['x', 'two'], ['doubled'], {}, { name: 'double' }),
            node('Add', ['doubled', 'x'], ['y'], {}, { name: 'add' }),
          ],
          initializers: [tensor('two', 'float32', [1], [2])],
        }),
        recorded,
      )
      expect(session.graphAssignment()).toEqual([
        { provider, nodes: [{ name: 'double', domain: '', opType: 'Mul' }] },
        { provider, nodes: [{ name: 'add', domain: '', opType: 'Add' }] },
      ])
      expect((await session.run({ x: float32([3]) })).y!.data).toEqual(Float32Array.of(9))
      expect(session.graphAssignment()).toHaveLength(2)
    })

    test('has empty names for a model without names', async () => {
      await using session = await createSession(mlp(), recorded)
      expect(session.graphAssignment().map((subgraph) => subgraph.provider)).toEqual(Array(6).fill(provider))
      expect(
        assignedNodes(session)
          .map(({ opType }) => opType)
          .sort(),
      ).toEqual([...Array(3).fill('Gemm'), ...Array(3).fill('Relu')])
    })

    test.runIf(deviceName === 'webgpu')('omits nodes in the layout NHWC', async () => {
      await using session = await createSession(mlp(), { recordGraphAssignment: true })
      expect(session.device.name).toBe('webgpu')
      expect(session.graphAssignment()).toEqual([])
    })

    test('includes nested graphs', async () => {
      await using session = await createSession(slowLoop(), recorded)
      const operators = assignedNodes(session).map(({ opType }) => opType)
      expect(operators).toEqual(expect.arrayContaining(['Loop', 'MatMul', 'ReduceMax', 'Div']))
    })

    test('is available while a run is in flight, and not after the session is released', async () => {
      const session = await createSession(slowLoop(), recorded)
      using binding = session.createIoBinding({ trips: [], x: [96, 96] })
      binding.inputValue('trips')!.write(BigInt64Array.of(200n))
      const running = binding.run()
      expect(assignedNodes(session).length).toBeGreaterThan(3)
      await running
      await session.release()
      await expectError(() => session.graphAssignment(), 'ERR_DISPOSED')
    })

    test('is empty for a graph that is optimized away', async () => {
      const constant = model({
        inputs: [value('x', 'float32', [1])],
        outputs: [value('y', 'float32', [1])],
        nodes: [node('Add', ['one', 'one'], ['y'])],
        initializers: [tensor('one', 'float32', [1], [1])],
      })
      await using session = await InferenceSession.create(constant, { recordGraphAssignment: true })
      expect(session.graphAssignment()).toEqual([])
    })
  })
}
