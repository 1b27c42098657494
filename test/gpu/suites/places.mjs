// Placement: dynamic shapes, sessions chained on the GPU, session.run's locations, mapped memory, several GPUs.
import assert from 'node:assert/strict'
import { OrtValue, Tensor } from '../../../dist/index.mjs'
import { small } from '../expected-models.mjs'
import { gpuCount } from '../machine.mjs'
import { assertSame, errorCode, open, random } from '../session.mjs'

/** The data of the input determines the shape of the output, which differs from run to run. */
async function dynamicShapes(t) {
  const session = await open(small('non-zero'))
  await t.part('allocated in host memory', async () => {
    const binding = session.createIoBinding({ x: [64] })
    for (let i = 0; i < 64; i++) {
      binding.inputs.x.fill(0).fill(1, 0, i)
      if (i % 2) binding.runSync()
      else await binding.run()
      assert.deepEqual(
        [...binding.outputs.y],
        Array.from({ length: i }, (_, at) => BigInt(at)),
      )
      assert.deepEqual([...binding.outputValue('y').dims], [1, i])
    }
    binding.dispose()
  })
  await t.part('allocated on the GPU', async () => {
    t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
    const binding = session.createIoBinding({ x: [64] })
    binding.bindOutput('y', 'cuda')
    for (let i = 0; i < 64; i++) {
      binding.inputs.x.fill(0).fill(1, 0, i)
      await binding.run()
      assert.equal(binding.outputValue('y').location, 'cuda')
      assert.deepEqual(
        [...binding.outputValue('y').read()],
        Array.from({ length: i }, (_, at) => BigInt(at)),
      )
    }
    binding.dispose()
  })
  await t.part('refuses an output that does not fit', async () => {
    const binding = session.createIoBinding({ x: [4] }, { outputs: { y: [1, 3] } })
    binding.inputs.x.fill(1)
    assert.equal(await errorCode(() => binding.run()), 'ERR_OUTPUT_SHAPE')
    binding.inputs.x[0] = 0
    await binding.run()
    assert.deepEqual([...binding.outputs.y], [1n, 2n, 3n])
    binding.dispose()
  })
  await session.release()

  await t.part('accepts an input of another size each run', async () => {
    const mlp = await open(small('mlp'))
    const binding = mlp.ioBinding()
    binding.bindOutput('y')
    const rows = random(16 * 128)
    const all = await mlp.run({ x: new Tensor('float32', rows, [16, 128]) })
    for (const batch of [1, 16, 3, 8, 2]) {
      binding.bindCpuInput('x', new Tensor('float32', rows.slice(0, batch * 128), [batch, 128]))
      await binding.run()
      const y = binding.outputs.y
      assert.equal(y.length, batch * 128)
      // Kernels for other sizes may add in another order.
      y.forEach((value, i) => {
        assert.ok(Math.abs(value - all.y.data[i]) < 1e-5)
      })
    }
    binding.dispose()
    await mlp.release()
  })
}

/** One session reads what another wrote, in GPU memory. */
async function chained(t) {
  const [first, second] = await Promise.all([open(small('mlp')), open(small('mlp'))])
  const between = OrtValue.allocate('float32', [2, 128], 'cuda')
  const a = first.createIoBinding({ x: [2, 128] }, { outputs: { y: between } })
  const b = second.createIoBinding({ x: between })
  const direct = second.createIoBinding({ x: [2, 128] })
  for (const i of t.rounds(200)) {
    a.inputs.x.set(random(256, i + 1))
    if (i % 2) {
      a.runSync()
      b.runSync()
    } else {
      await a.run()
      await b.run()
    }
    direct.inputs.x.set(between.read())
    direct.runSync()
    assertSame(b.outputs.y, direct.outputs.y, `round ${i}`)
  }
  await t.part('chains what ONNX Runtime allocated', async () => {
    t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
    const [c, d] = [first.createIoBinding({ x: [2, 128] }), second.createIoBinding({ x: [2, 128] })]
    c.bindOutput('y', 'cuda')
    c.inputs.x.set(random(256, 7))
    await c.run()
    d.bindOrtValueInput('x', c.outputValue('y'))
    await d.run()
    direct.inputs.x.set(c.outputValue('y').read())
    direct.runSync()
    assertSame(d.outputs.y, direct.outputs.y, 'the chain')
    for (const binding of [c, d]) binding.dispose()
  })
  for (const disposable of [a, b, direct, between]) disposable.dispose()
  await Promise.all([first.release(), second.release()])
}

/** onnxruntime-common's locations of inputs and outputs of session.run. */
async function locations(t) {
  const host = await open(small('mlp'))
  const x = new Tensor('float32', random(256), [2, 128])
  const { data: expected } = (await host.run({ x })).y
  await t.part('gpu-buffer in', async () => {
    const value = OrtValue.fromTensor(x, 'cuda')
    const tensor = value.toTensor()
    assert.equal(tensor.location, 'gpu-buffer')
    assertSame((await host.run({ x: tensor })).y.data, expected, 'y')
    assertSame(await tensor.getData(), x.data, 'x downloaded')
    tensor.dispose()
    assert.ok(value.disposed)
  })
  await t.part('cpu-pinned out', async () => {
    const session = await open(small('mlp'), { preferredOutputLocation: 'cpu-pinned' })
    const { y } = await session.run({ x })
    assert.equal(y.location, 'cpu-pinned')
    assertSame(y.data, expected, 'y')
    await session.release()
  })
  await t.part('gpu-buffer out, and in again', async () => {
    t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
    const session = await open(small('mlp'), { preferredOutputLocation: { y: 'gpu-buffer' } })
    const { y } = await session.run({ x })
    assert.equal(y.location, 'gpu-buffer')
    assert.throws(() => y.data)
    const again = await session.run({ x: y })
    const direct = await host.run({ x: new Tensor('float32', await y.getData(), [2, 128]) })
    assertSame(await again.y.getData(), direct.y.data, 'y of y')
    assertSame(await y.getData(true), expected, 'y')
    again.y.dispose()
    await session.release()
  })
  await host.release()
}

/** Pinned memory that the kernels read and write in place. */
async function mapped(t) {
  const session = await open(small('mlp'))
  const plain = session.createIoBinding({ x: [2, 128] })
  const forms = { both: ['x', 'y'], input: ['x'], output: ['y'] }
  for (const [name, names] of Object.entries(forms)) {
    await t.part(name, async () => {
      const binding = session.createIoBinding({ x: [2, 128] }, { mapped: names })
      for (const i of t.rounds(500)) {
        binding.inputs.x.set(random(256, i + 1))
        plain.inputs.x.set(binding.inputs.x)
        if (i % 2) binding.runSync()
        else await binding.run()
        plain.runSync()
        assertSame(binding.outputs.y, plain.outputs.y, `run ${i}`)
      }
      binding.dispose()
    })
  }
  await t.part('refuses to map a value in plain host memory', async () => {
    const value = OrtValue.allocate('float32', [2, 128])
    assert.ok(await errorCode(() => session.ioBinding().bindOrtValueInput('x', value, { mapped: true })))
  })
  plain.dispose()
  await session.release()
}

async function severalGpus(t) {
  const count = gpuCount()
  if (count < 2) t.absent('one GPU')
  t.note('gpus', count)
  const x = random(256)
  const sessions = await Promise.all([0, 1].map((deviceId) => open(small('mlp'), { cuda: { deviceId } })))
  assert.deepEqual(
    sessions.map(({ device }) => device.id),
    [0, 1],
  )
  const bindings = sessions.map((session) => session.createIoBinding({ x: [2, 128] }))
  for (const binding of bindings) binding.inputs.x.set(x)
  await Promise.all(bindings.map((binding) => binding.run()))
  assertSame(bindings[1].outputs.y, bindings[0].outputs.y, 'the second GPU')

  const [near, far] = [0, 1].map((id) => OrtValue.allocate('float32', [2, 128], 'cuda', id))
  near.write(x)
  near.copyTo(far)
  assertSame(far.read(), x, 'from GPU to GPU')
  assert.equal(
    await errorCode(() => sessions[0].ioBinding().bindOrtValueInput('x', far)),
    'ERR_DEVICE_MISMATCH',
  )
  assert.equal(
    await errorCode(() => sessions[0].ioBinding().bindOutput('y', 'cuda', 1)),
    'ERR_DEVICE_MISMATCH',
  )
  const { y } = await sessions[0].run({ x: new Tensor('float32', x, [2, 128]) })
  assertSame(y.data, bindings[0].outputs.y, 'session.run')
  for (const disposable of [...bindings, near, far]) disposable.dispose()
  await Promise.all(sessions.map((session) => session.release()))
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'places/dynamic-shapes', run: dynamicShapes },
  { id: 'places/chained', run: chained, tags: ['short'] },
  { id: 'places/locations', run: locations },
  { id: 'places/mapped', run: mapped, tags: ['short'] },
  { id: 'places/several-gpus', run: severalGpus },
]
