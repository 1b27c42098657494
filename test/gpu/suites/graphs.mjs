// CUDA graphs: replays equal runs without a graph, bit for bit.
import assert from 'node:assert/strict'
import { OrtValue, Tensor } from '../../../dist/index.mjs'
import { expectedModel, small } from '../expected-models.mjs'
import { assertSame, errorCode, open, random, randomize, toBytes, toOrtValue, toShapes } from '../session.mjs'

const capturing = (model, options) => open(model, { enableGraphCapture: true, ...options })

/** Fills an input: with numbers, or with zeros and ones that are token ids and a mask. */
function fill(array, seed) {
  if (array instanceof Float32Array) randomize(array, seed)
  else for (let i = 0; i < array.length; i++) array[i] = BigInt((seed * 31 + i * 7) % 2)
}

/** A thousand replays of changing inputs, each compared with a plain run of the same session. */
export async function replays(t, path, inputs, { whole = false, ...options } = {}) {
  const session = await capturing(path, options)
  const [graph, plain] = [session.createIoBinding(inputs), session.createIoBinding(inputs)]
  for (const [i, name] of session.inputNames.entries()) fill(graph.inputs[name], i + 1)
  const before = Object.values(graph.outputs).map((output) => Buffer.from(toBytes(output)))
  await graph.capture({ verify: true, whole })
  assert.ok(graph.captured && !plain.captured)
  for (const [i, name] of session.outputNames.entries()) {
    assert.ok(toBytes(graph.outputs[name]).equals(before[i]), 'a capture writes no host memory')
  }
  const seen = new Set()
  for (const i of t.rounds(1000)) {
    for (const [at, name] of session.inputNames.entries()) {
      fill(graph.inputs[name], 1000 * at + i + 1)
      plain.inputs[name].set(graph.inputs[name])
    }
    if (i % 2) {
      graph.runSync()
      plain.runSync()
    } else await Promise.all([graph.run(), plain.run()])
    for (const name of session.outputNames)
      assertSame(graph.outputs[name], plain.outputs[name], `replay ${i}, ${name}`)
    seen.add(toBytes(graph.outputs[session.outputNames[0]]).toString('latin1'))
  }
  assert.ok(seen.size > 1, 'the outputs follow the inputs')
  t.note('replays', t.times(1000))
  for (const binding of [graph, plain]) binding.dispose()
  await session.release()
}

export async function replaysOfBert(t, { whole = false } = {}) {
  const { path } = expectedModel('tiny_bert')
  // Fixed sizes remove the model's computations on shapes, which would run on the CPU.
  const probe = await open(path)
  const symbols = probe.inputMetadata.flatMap(({ shape }) => shape.map((dim, axis) => [dim, [1, 32][axis]]))
  const names = probe.inputNames
  await probe.release()
  const freeDimensionOverrides = Object.fromEntries(symbols.filter(([dim]) => typeof dim === 'string'))
  await replays(t, path, Object.fromEntries(names.map((name) => [name, [1, 32]])), {
    whole,
    freeDimensionOverrides,
  })
}

/** A capture leaves a state that is updated in place unchanged. */
async function state(t) {
  const session = await capturing(small('accumulator'))
  const value = OrtValue.allocate('float32', [4], 'cuda')
  value.write(Float32Array.of(5, 6, 7, 8))
  const binding = session.createIoBinding({ state: value, x: [4] }, { outputs: { new_state: value } })
  binding.inputs.x.fill(100)
  await binding.run()
  assert.deepEqual([...value.read()], [6, 7, 8, 9])
  await binding.capture({ verify: true })
  assert.deepEqual([...value.read()], [6, 7, 8, 9], 'the state is as before the capture')
  for (const round of t.rounds(1000)) {
    const i = round + 1
    binding.inputs.x.fill(i)
    if (i % 2) binding.runSync()
    else await binding.run()
    assert.deepEqual(
      [...binding.outputs.sum],
      [6, 7, 8, 9].map((start) => start + 2 * i),
    )
  }
  // Without the graph it continues from the graph's last state.
  const [last] = value.read()
  binding.releaseCapture()
  binding.runSync()
  assert.equal(value.read()[0], last + 1)
  await binding.capture()
  binding.runSync()
  assert.equal(value.read()[0], last + 2)
  for (const disposable of [binding, value]) disposable.dispose()
  await session.release()
}

/** A decoder whose step is a graph over caches in place. */
async function decoder(t) {
  const model = expectedModel('tiny_llama_static_f32')
  const { session, graphs } = await capturing(model.path).then(
    (made) => ({ session: made, graphs: true }),
    async (error) => {
      // ONNX Runtime refuses a graph for a model with CPU nodes: the error is recorded.
      t.note('refused', `${error.code}: ${error.message.slice(0, 300)}`)
      return { session: await open(model.path), graphs: false }
    },
  )
  const steps = model.dataSets(session)
  const isCache = new Set(model.state.map(([input]) => input))
  const run = async (capture) => {
    const caches = Object.fromEntries(
      steps[0].inputs
        .filter(({ name }) => isCache.has(name))
        .map((input) => [input.name, toOrtValue(input, 'cuda')]),
    )
    const outputs = Object.fromEntries(model.state.map(([input, output]) => [output, caches[input]]))
    const logits = []
    const bindings = new Map()
    for (const { inputs } of steps) {
      const plain = inputs.filter(({ name }) => !isCache.has(name))
      const key = JSON.stringify(plain.map(({ dims }) => dims))
      const isNew = !bindings.has(key)
      if (isNew) bindings.set(key, session.createIoBinding({ ...toShapes(plain), ...caches }, { outputs }))
      const binding = bindings.get(key)
      for (const { name, data } of plain) binding.inputValue(name).write(data)
      if (capture && isNew) await binding.capture({ verify: true })
      await binding.run()
      logits.push(binding.outputs.logits.slice())
    }
    for (const disposable of [...bindings.values(), ...Object.values(caches)]) disposable.dispose()
    return logits
  }
  const [plain, replayed] = [await run(false), await run(graphs)]
  for (const [i, logits] of replayed.entries()) assertSame(logits, plain[i], `step ${i}`)
  t.note('graphs', graphs)
  await session.release()
}

/** Two graphs of one session, of different shapes, replayed in turn and together. */
async function twoBindings(t) {
  const session = await capturing(small('mlp'))
  const graphs = [1, 8].map((batch) => session.createIoBinding({ x: [batch, 128] }))
  const plain = [1, 8].map((batch) => session.createIoBinding({ x: [batch, 128] }))
  for (const binding of graphs) await binding.capture({ verify: true })
  for (const i of t.rounds(500)) {
    for (const [at, binding] of graphs.entries()) {
      randomize(binding.inputs.x, 2 * i + at + 1)
      plain[at].inputs.x.set(binding.inputs.x)
    }
    if (i % 2) for (const binding of graphs) binding.runSync()
    else await Promise.all(graphs.map((binding) => binding.run()))
    for (const [at, binding] of plain.entries()) {
      binding.runSync()
      assertSame(graphs[at].outputs.y, binding.outputs.y, `round ${i}, graph ${at}`)
    }
  }
  for (const binding of [...graphs, ...plain]) binding.dispose()
  await session.release()
}

/** While two sessions capture, a third runs, and memory is allocated. */
async function twoSessions(t) {
  const [busy, ...sessions] = await Promise.all([
    open(small('mlp')),
    ...[0, 1].map(() => capturing(small('mlp'))),
  ])
  const x = random(256)
  const plain = [busy, ...sessions].map((session) => session.createIoBinding({ x: [2, 128] }))
  for (const binding of plain) {
    binding.inputs.x.set(x)
    binding.runSync()
  }
  const [runs] = plain
  const [expected, ...ofSessions] = plain.map(({ outputs }) => outputs.y.slice())
  let capturingNow = true
  const others = (async () => {
    let count = 0
    for (; capturingNow || count < 3; count++) {
      const value = OrtValue.allocate('float32', [1000 + count], 'cuda')
      const pinned = OrtValue.allocate('float32', [1000 + count], 'cuda-pinned')
      pinned.copyTo(value)
      await runs.run()
      assertSame(runs.outputs.y, expected, 'a run while others capture')
      value.dispose()
      pinned.dispose()
      await new Promise(setImmediate)
    }
    return count
  })()
  for (const round of t.rounds(20)) {
    const bindings = sessions.map((session) => session.createIoBinding({ x: [2, 128] }))
    for (const binding of bindings) binding.inputs.x.set(x)
    await Promise.all(bindings.map((binding) => binding.capture({ verify: true })))
    await Promise.all(bindings.map((binding) => binding.run()))
    for (const [i, binding] of bindings.entries()) {
      assertSame(binding.outputs.y, ofSessions[i], `round ${round}`)
      binding.dispose()
    }
  }
  capturingNow = false
  t.note('runs meanwhile', await others)
  for (const binding of plain) binding.dispose()
  await Promise.all([busy, ...sessions].map((session) => session.release()))
}

/** session.run, and rebinding, on a session with a captured graph. */
async function besideGraphs(t) {
  const session = await capturing(small('mlp'))
  const x = new Tensor('float32', random(256), [2, 128])
  const { data: expected } = (await session.run({ x })).y
  const binding = session.createIoBinding({ x: [2, 128] })
  await binding.capture()
  binding.inputs.x.set(x.data)
  for (const i of t.rounds(100)) {
    assertSame((await session.run({ x })).y.data, expected, `session.run ${i}`)
    binding.outputs.y.fill(0)
    await binding.run()
    assertSame(binding.outputs.y, expected, `replay ${i}`)
  }
  await t.part('refuses to rebind until the capture is released', async () => {
    const value = OrtValue.allocate('float32', [2, 128], 'cuda')
    assert.equal(await errorCode(() => binding.bindOrtValueInput('x', value)), 'ERR_GRAPH_CAPTURED')
    assert.equal(await errorCode(() => binding.bindOutput('y')), 'ERR_GRAPH_CAPTURED')
    const dynamic = session.createIoBinding({ x: [2, 128] }, { outputs: { y: 'dynamic' } })
    assert.equal(await errorCode(() => dynamic.capture()), 'ERR_GRAPH_CAPTURE')
    const plain = await open(small('mlp'))
    assert.ok(await errorCode(() => plain.createIoBinding({ x: [2, 128] }).capture()))
    await plain.release()
    binding.releaseCapture()
    binding.bindOrtValueInput('x', value)
    value.write(x.data)
    binding.runSync()
    assertSame(binding.outputs.y, expected, 'after releaseCapture')
    await binding.capture({ verify: true })
    binding.runSync()
    assertSame(binding.outputs.y, expected, 'after another capture')
  })
  await t.part('captures mapped memory', async () => {
    const other = session.createIoBinding({ x: [2, 128] }, { mapped: ['x', 'y'] })
    await other.capture({ verify: true })
    other.inputs.x.set(x.data)
    other.runSync()
    assertSame(other.outputs.y, expected, 'mapped')
    other.dispose()
  })
  binding.dispose()
  await session.release()
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'graphs/replays-mlp', run: (t) => replays(t, small('mlp'), { x: [4, 128] }), tags: ['short'] },
  { id: 'graphs/replays-tiny-bert', run: replaysOfBert },
  { id: 'graphs/state', run: state, tags: ['short'] },
  { id: 'graphs/decoder', run: decoder },
  {
    id: 'graphs/two-bindings',
    run: twoBindings,
  },
  { id: 'graphs/two-sessions', run: twoSessions },
  { id: 'graphs/beside', run: besideGraphs },
]
