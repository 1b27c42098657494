import assert from 'node:assert/strict'
import { OrtValue } from '../../../dist/index.mjs'
import { small } from '../expected-models.mjs'
import { assertSame, compare, open, openCpu, random, randomize } from '../session.mjs'

const TIGHT = { rtol: 1e-5, atol: 1e-5 }

async function oneNode(t) {
  const session = await open(small('one-node'))
  if (!t.rehearsal) assert.deepEqual(session.executionProviders, ['cuda'])
  assert.equal(session.engine, 'native')
  const binding = session.createIoBinding()
  assert.equal(binding.inputValue('x').location, 'cuda-pinned')
  assert.equal(binding.outputValue('y').location, 'cuda-pinned')
  for (const i of t.rounds(100)) {
    binding.inputs.x[0] = i
    if (i % 2) binding.runSync()
    else await binding.run()
    assert.equal(binding.outputs.y[0], i + 1)
  }
  binding.dispose()
  await session.release()
}

/** Compares the MLP on the GPU with the CPU, by each form of a call. */
async function equalsCpu(t) {
  const [session, cpu] = [await open(small('mlp')), await openCpu(small('mlp'))]
  const dims = [4, 128]
  const binding = session.createIoBinding({ x: dims })
  const reference = cpu.createIoBinding({ x: dims })
  const forms = {
    runSync: () => binding.runSync(),
    run: () => binding.run(),
    'runSync with an upload by name': () => binding.runSync({ upload: ['x'] }),
  }
  for (const [i, [name, run]] of Object.entries(forms).entries()) {
    await t.part(name, async () => {
      let largest = 0
      for (let round = 0; round < 20; round++) {
        randomize(binding.inputs.x, 100 * i + round + 1)
        reference.inputs.x.set(binding.inputs.x)
        await run()
        reference.runSync()
        const expected = { name: 'y', type: 'float32', dims, data: reference.outputs.y }
        largest = Math.max(largest, compare(binding.outputValue('y'), expected, TIGHT))
      }
      return { largestDifference: largest }
    })
  }
  await t.part('without an upload the GPU keeps the last input', () => {
    const before = binding.outputs.y.slice()
    binding.inputs.x.fill(0)
    binding.runSync({ upload: [] })
    assertSame(binding.outputs.y, before, 'a run without an upload')
    binding.runSync()
    assert.notDeepEqual(binding.outputs.y, before)
  })
  for (const disposable of [binding, reference]) disposable.dispose()
  await Promise.all([session.release(), cpu.release()])
}

async function waits(t) {
  for (const wait of ['spin', 'block']) {
    await t.part(wait, async () => {
      const session = await open(small('mlp'), { cuda: { wait } })
      const binding = session.createIoBinding({ x: [1, 128] })
      binding.inputs.x.set(random(128))
      binding.runSync()
      const expected = binding.outputs.y.slice()
      for (const i of t.rounds(200)) {
        binding.outputs.y.fill(0)
        if (i % 2) binding.runSync()
        else await binding.run()
        assertSame(binding.outputs.y, expected, `run ${i}`)
      }
      binding.dispose()
      await session.release()
    })
  }
}

async function copies(t) {
  // Odd sizes, no elements, and many pages.
  for (const length of [1, 3, 1000, 65_537, 0, t.times(8_000_000)]) {
    await t.part(`${length} elements`, () => {
      const data = random(length, length + 1)
      const host = OrtValue.allocate('float32', [length])
      const pinned = OrtValue.allocate('float32', [length], 'cuda-pinned')
      const [a, b] = [0, 1].map(() => OrtValue.allocate('float32', [length], 'cuda'))
      assert.ok(
        a.read().every((element) => element === 0),
        'new GPU memory is zeroed',
      )
      host.write(data)
      for (const [from, to] of [
        [host, a],
        [a, b],
        [b, pinned],
        [pinned, a],
        [a, host],
      ]) {
        from.copyTo(to)
        assertSame(to.read(), data, `${from.location} to ${to.location}`)
      }
      for (const value of [host, pinned, a, b]) value.dispose()
    })
  }
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'basic/one-node', run: oneNode, tags: ['short'] },
  { id: 'basic/equals-cpu', run: equalsCpu, tags: ['short'] },
  { id: 'basic/wait', run: waits, tags: ['short'] },
  { id: 'basic/copies', run: copies, tags: ['short'] },
]
