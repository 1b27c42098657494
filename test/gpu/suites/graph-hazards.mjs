// What ONNX Runtime does not protect of a captured graph: the memory that it reads, and what it overwrites.
import assert from 'node:assert/strict'
import { OrtValue, Tensor } from '../../../dist/index.mjs'
import { expectedModel, small } from '../expected-models.mjs'
import { assertSame, errorCode, open, random, randomize, toBytes } from '../session.mjs'

const capturing = (model, options) => open(model, { enableGraphCapture: true, ...options })

/** Replays of batch 1 with plain runs of growing batches between them. */
async function staleGraph(t) {
  t.needsGpu("the CPU's provider keeps no buffer that grows")
  const [session, reference] = [await capturing(small('mlp')), await open(small('mlp'))]
  const graph = session.createIoBinding({ x: [1, 128] })
  const plain = reference.createIoBinding({ x: [1, 128] })
  await graph.capture({ verify: true })
  let wrong = 0
  const batches = [1, 8, 64, 512]
  for (const batch of batches) {
    const larger = session.createIoBinding({ x: [batch, 128] })
    randomize(larger.inputs.x, batch)
    larger.runSync()
    larger.dispose()
    for (const i of t.rounds(50)) {
      randomize(graph.inputs.x, 100 * batch + i)
      plain.inputs.x.set(graph.inputs.x)
      graph.runSync()
      plain.runSync()
      if (!toBytes(graph.outputs.y).equals(toBytes(plain.outputs.y))) wrong++
    }
  }
  t.note('replays that differ', wrong)
  assert.equal(wrong, 0, 'replays after a run of a larger batch')
  for (const binding of [graph, plain]) binding.dispose()
  await Promise.all([session.release(), reference.release()])
}

/** A session with a graph, whose temporaries went back to the arena. */
async function besideGraph(use) {
  const session = await capturing(small('temporaries'))
  const graph = session.createIoBinding({ x: [4096] })
  await graph.capture({ verify: true })
  const replay = (seed) => {
    randomize(graph.inputs.x, seed)
    graph.runSync()
  }
  await use(session, replay)
  graph.dispose()
  await session.release()
}

/** Results on the device, which ONNX Runtime allocated, stay as they are while a graph of the session is replayed. */
async function keptResults(t) {
  t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
  await besideGraph(async (session, replay) => {
    const held = []
    for (let i = 1; i <= 20; i++) {
      const binding = session.createIoBinding({ x: [512 * i] })
      binding.bindOutput('y', 'cuda')
      randomize(binding.inputs.x, i)
      binding.runSync()
      const value = binding.outputValue('y')
      held.push({ binding, value, expected: value.read() })
    }
    for (const i of t.rounds(100)) replay(1000 + i)
    const changed = held.filter(({ value, expected }) => !toBytes(value.read()).equals(toBytes(expected)))
    t.note('held results that changed', changed.length)
    assert.equal(changed.length, 0, 'results that are held while a graph is replayed')
    for (const { binding } of held) binding.dispose()
  })
}

/** Each step's input on the device is the last step's output, which grows: a cache beside replays. */
async function growingBeside(t) {
  t.needsGpu('no memory that ONNX Runtime allocates on a GPU')
  await besideGraph(async (session, replay) => {
    const plain = await open(small('temporaries'))
    let wrong = 0
    let held
    for (let i = 1; i <= 30; i++) {
      const step = session.createIoBinding({ x: [256 * i] })
      step.bindOutput('y', 'cuda')
      if (held) step.inputs.x.set(held.value.read())
      step.inputs.x.fill(i / 30, 256 * (i - 1))
      const x = new Tensor('float32', step.inputs.x.slice(), [256 * i])
      await step.run()
      const value = step.outputValue('y')
      replay(i)
      if (!toBytes(value.read()).equals(toBytes((await plain.run({ x })).y.data))) wrong++
      held?.step.dispose()
      held = { step, value }
    }
    held.step.dispose()
    await plain.release()
    t.note('steps that differ', wrong)
    assert.equal(wrong, 0, 'steps beside replays')
  })
}

/** An arena that shrinks after the capture. */
async function shrinking(t) {
  t.needsGpu('the CPU has no such arena')
  const session = await capturing(small('mlp'), { cuda: { arenaExtendStrategy: 'sameAsRequested' } })
  const graph = session.createIoBinding({ x: [4, 128] })
  randomize(graph.inputs.x, 1)
  graph.runSync()
  const expected = graph.outputs.y.slice()
  await graph.capture({ verify: true })
  const extra = { memory: { enable_memory_arena_shrinkage: 'gpu:0' } }
  const feeds = { x: new Tensor('float32', random(128 * 64), [64, 128]) }
  t.note('shrinking run', (await errorCode(() => session.run(feeds, { extra }))) ?? 'ran')
  for (const i of t.rounds(50)) {
    graph.outputs.y.fill(0)
    graph.runSync()
    assertSame(graph.outputs.y, expected, `replay ${i} after the arena shrank`)
  }
  graph.dispose()
  await session.release()
}

/** A capture that cannot be right is refused by a code, and the session continues. */
async function refused(t, model, inputs, outputs) {
  t.needsGpu('the CPU captures nothing')
  const session = await capturing(small(model))
  const binding = session.createIoBinding(shapes(inputs), { outputs })
  const write = () => {
    for (const { name, data } of inputs) binding.inputValue(name).write(data)
  }
  write()
  binding.runSync()
  const [name] = session.outputNames
  const expected = binding.outputValue(name).read()
  const code = await errorCode(() => binding.capture({ verify: true }))
  t.note('capture', code ?? 'captured')
  const again = await errorCode(() => {
    write()
    binding.runSync()
  })
  t.note('run after it', again ?? 'ran')
  assert.equal(again, undefined, 'the session continues')
  assertSame(binding.outputValue(name).read(), expected, 'the run after it')
  // GatherND may also be captured right; a wrong graph may not.
  assert.ok(code === 'ERR_GRAPH_CAPTURE' || (code === undefined && binding.captured), `capture: ${code}`)
  binding.dispose()
  await session.release()
}

const shapes = (inputs) => Object.fromEntries(inputs.map(({ name, dims }) => [name, dims]))

/** The memory of each copy in a captured request: its values stay pinned or on the device, so no copy is pageable. */
async function memoryTypes(t) {
  const session = await capturing(small('mlp'))
  await t.part('a binding of its own memory copies from pinned memory', async () => {
    const binding = session.createIoBinding({ x: [2, 128] })
    assert.equal(binding.inputValue('x').location, 'cuda-pinned')
    assert.equal(binding.outputValue('y').location, 'cuda-pinned')
    await binding.capture({ verify: true })
    binding.dispose()
  })
  await t.part('pageable memory under capture is right or refused', async () => {
    const binding = session.ioBinding()
    const [x, y] = [0, 1].map(() => OrtValue.allocate('float32', [2, 128]))
    binding.bindOrtValueInput('x', x)
    binding.bindOrtValueOutput('y', y)
    x.write(random(256))
    binding.runSync()
    const code = await errorCode(() => binding.capture({ verify: true }))
    if (code !== undefined) assert.match(code, /^ERR_/)
    for (let i = 0; code === undefined && i < t.times(200); i++) {
      x.write(random(256, i + 1))
      binding.runSync()
      const { y: expected } = await session.run({ x: new Tensor('float32', random(256, i + 1), [2, 128]) })
      assertSame(y.read(), expected.data, `replay ${i}`)
    }
    binding.dispose()
    return code ?? 'captured'
  })
  await t.part('a model with pageable copies of its own is right or refused', async () => {
    t.needsGpu('the CPU captures nothing')
    // With free sizes its shapes are computed on the CPU and copied.
    const { path } = expectedModel('tiny_bert')
    const bert = await capturing(path).catch((error) => error)
    if (bert instanceof Error) {
      assert.match(bert.code, /^ERR_/)
      return bert.code
    }
    const inputs = Object.fromEntries(bert.inputNames.map((name) => [name, [1, 32]]))
    const [graph, plain] = [0, 1].map(() => bert.createIoBinding(inputs))
    const code = await errorCode(() => graph.capture({ verify: true }))
    for (let i = 0; code === undefined && i < t.times(20); i++) {
      for (const name of bert.inputNames) {
        graph.inputs[name].fill(1n, 0, 1 + (i % 31))
        plain.inputs[name].set(graph.inputs[name])
      }
      graph.runSync()
      plain.runSync()
      const [name] = bert.outputNames
      assertSame(graph.outputs[name], plain.outputs[name], `replay ${i}`)
    }
    for (const binding of [graph, plain]) binding.dispose()
    await bert.release()
    return code ?? 'captured'
  })
  await session.release()
}

const nonZeroInputs = [{ name: 'x', dims: [4], data: Float32Array.of(0, 1, 1, 1) }]
const gatherInputs = [
  { name: 'data', dims: [4, 3], data: random(12) },
  { name: 'indices', dims: [2, 1], data: BigInt64Array.of(3n, 0n) },
]

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'graph-hazards/memory-types', run: memoryTypes },
  {
    id: 'graph-hazards/larger-batch',
    run: staleGraph,
  },
  {
    id: 'graph-hazards/kept-results',
    run: keptResults,
  },
  {
    id: 'graph-hazards/growing-beside',
    run: growingBeside,
  },
  {
    id: 'graph-hazards/gather-nd',
    run: (t) => refused(t, 'gather-nd', gatherInputs, { y: [2, 3] }),
  },
  {
    id: 'graph-hazards/non-zero',
    run: (t) => refused(t, 'non-zero', nonZeroInputs, { y: [1, 3] }),
  },
  {
    id: 'graph-hazards/shrinking',
    run: shrinking,
  },
]
