// Graphs of whole requests, copies included: bit by bit as runs without a graph.
import assert from 'node:assert/strict'
import { expectedModel, small } from '../expected-models.mjs'
import { assertSame, errorCode, open, random, toOrtValue, toShapes } from '../session.mjs'
import { replays, replaysOfBert } from './graphs.mjs'

const WHOLE = { whole: true }
const capturing = (model) => open(model, { enableGraphCapture: true })

/** The steps of a decoder over caches in place, with and without the graph. */
async function decoder(t) {
  const model = expectedModel('tiny_llama_static_f32')
  const session = await capturing(model.path).catch((error) => {
    t.note('refused', `${error.code}: ${error.message.slice(0, 300)}`)
  })
  if (session === undefined) return
  const isCache = new Set(model.state.map(([input]) => input))
  // The steps of one token.
  const steps = model.dataSets(session).slice(1)
  const bind = () => {
    const cached = steps[0].inputs.filter(({ name }) => isCache.has(name))
    const caches = Object.fromEntries(cached.map((input) => [input.name, toOrtValue(input, 'cuda')]))
    const outputs = Object.fromEntries(model.state.map(([input, output]) => [output, caches[input]]))
    const plain = toShapes(steps[0].inputs.filter(({ name }) => !isCache.has(name)))
    return { caches, binding: session.createIoBinding({ ...plain, ...caches }, { outputs }) }
  }
  const [graph, plain] = [bind(), bind()]
  await graph.binding.capture({ verify: true, ...WHOLE })
  for (const i of t.rounds(1000)) {
    for (const { binding } of [graph, plain]) {
      for (const { name, data } of steps[i % steps.length].inputs) {
        if (!isCache.has(name)) binding.inputValue(name).write(data)
      }
      if (i % 2) binding.runSync()
      else await binding.run()
    }
    assertSame(graph.binding.outputs.logits, plain.binding.outputs.logits, `step ${i}`)
  }
  for (const [name, cache] of Object.entries(graph.caches)) {
    assertSame(cache.read(), plain.caches[name].read(), name)
  }
  for (const { binding, caches } of [graph, plain]) {
    for (const disposable of [binding, ...Object.values(caches)]) disposable.dispose()
  }
  await session.release()
}

/** Beside graphs without copies, plain runs and larger batches, in turn and in flight. */
async function among(t) {
  const session = await capturing(small('mlp'))
  const bind = () => session.createIoBinding({ x: [2, 128] })
  const [whole, graph, plain] = [bind(), bind(), bind()]
  await whole.capture({ verify: true, ...WHOLE })
  await graph.capture({ verify: true })
  const all = [whole, graph, plain]
  for (const i of t.rounds(200)) {
    const x = random(256, i + 1)
    for (const binding of all) binding.inputs.x.set(x)
    if (i % 3 === 0) for (const binding of all) binding.runSync()
    else await Promise.all(all.slice(i % 2).map((binding) => binding.run()))
    if (i % 3 !== 0 && i % 2) await whole.run()
    for (const binding of [whole, graph]) assertSame(binding.outputs.y, plain.outputs.y, `round ${i}`)
    if (i % 50 === 49) {
      const larger = session.createIoBinding({ x: [2 + i, 128] })
      await larger.run()
      larger.dispose()
    }
  }
  t.note('recaptures', whole.recaptures)
  assert.equal(await errorCode(() => whole.runSync({ upload: [] })), 'ERR_GRAPH_CAPTURED')
  for (const binding of all) binding.dispose()
  await session.release()
}

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  { id: 'whole/mlp', run: (t) => replays(t, small('mlp'), { x: [4, 128] }, WHOLE), tags: ['short'] },
  { id: 'whole/one-node', run: (t) => replays(t, small('one-node'), undefined, WHOLE) },
  { id: 'whole/tiny-bert', run: (t) => replaysOfBert(t, WHOLE) },
  { id: 'whole/decoder', run: decoder },
  { id: 'whole/among', run: among },
]
