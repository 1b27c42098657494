// Random graphs whose inputs and outputs are bound to random memory: shared values, states that are exchanged, arrays that
// overlap. Every run gives what a fresh session gives for copies, and writes nothing else; or binding it is refused.
//
// TEST_RANDOM_SEED repeats a test, TEST_RANDOM_FACTOR makes it longer.
import { type InferenceSession, type IoBinding, isOrtError, OrtValue, Tensor } from 'onnxruntime-iobinding'
import { expect, test } from 'vitest'
import { createSession, deviceName, onDevice } from '../helpers/device.ts'
import { runForms } from '../helpers/engine.ts'
import { randomNumbers } from '../helpers/library.mjs'
import { randomGraph, SIZE } from '../helpers/random-graphs.mjs'

const seed = Number(process.env.TEST_RANDOM_SEED ?? Math.floor(Math.random() * 2 ** 31))
const FACTOR = Number(process.env.TEST_RANDOM_FACTOR ?? 1)
// The simulated GPU disassembles each kernel when it first runs.
const isSlow = deviceName === 'webgpu' || process.env.CUDA_SIMULATION !== undefined
const GRAPHS = Math.round((isSlow ? 4 : 40) * FACTOR)
const BINDINGS = 6
const STEPS = 4

const types = deviceName === 'webgpu' ? ['float32'] : ['float32', 'float64', 'int32', 'int64', 'uint8']
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
} as const
type Type = keyof typeof arrays
type Data = InstanceType<(typeof arrays)[Type]>

const DIMS = [SIZE, SIZE]
const COUNT = SIZE * SIZE
/** Elements of the memory that values are arrays of. */
const POOL = 3 * COUNT

type Outputs = Map<string, OrtValue | 'dynamic' | undefined>

/** A pool of memory, and values over it and apart from it. */
class Memory {
  readonly pool: Data
  readonly values: OrtValue[] = []
  readonly #random: () => number
  readonly #type: Type

  constructor(random: () => number, type: Type) {
    this.#random = random
    this.#type = type
    this.pool = this.#numbers(POOL)
  }

  below(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #numbers(count: number): Data {
    const data = new arrays[this.#type](count)
    for (let i = 0; i < count; i++) {
      const number = this.below(7) - (this.#type === 'uint8' ? 0 : 3)
      data[i] = data instanceof BigInt64Array ? BigInt(number) : number
    }
    return data
  }

  part(): Data {
    const from = this.below(3) > 0 ? COUNT * this.below(3) : this.below(POOL - COUNT + 1)
    return this.pool.subarray(from, from + COUNT)
  }

  /** A value that others may be too, or share memory with. */
  value(): OrtValue {
    const kind = this.below(6)
    if (kind < 2 && this.values.length > 0) return this.values[this.below(this.values.length)]!
    const made = kind < 5 ? OrtValue.wrap(this.#type, this.part() as never, DIMS) : this.#apart()
    this.values.push(made)
    return made
  }

  #apart(): OrtValue {
    const place = onDevice && this.below(2) === 0 ? deviceName : 'cpu'
    const value = OrtValue.allocate(this.#type, DIMS, place)
    value.write(this.#numbers(COUNT) as never)
    return value
  }

  output(): OrtValue | 'dynamic' | undefined {
    const kind = this.below(6)
    return kind === 0 ? 'dynamic' : kind === 1 ? undefined : this.value()
  }

  /** Disposes of a value that nothing is bound to. */
  dispose(bound: readonly unknown[]): void {
    const i = this.values.findIndex((value) => !bound.includes(value))
    if (i >= 0) this.values.splice(i, 1)[0]!.dispose()
  }

  /** The contents of all memory. */
  contents(): Map<unknown, Data> {
    const apart = this.values.filter((value) => !isOver(value, this.pool))
    return new Map<unknown, Data>([
      [this.pool, this.pool.slice()],
      ...apart.map((value) => [value, value.read() as Data] as const),
    ])
  }

  /** What the contents become where `data` is written to a value. */
  write(contents: Map<unknown, Data>, value: OrtValue, data: Data): void {
    if (!isOver(value, this.pool)) contents.set(value, data)
    else contents.get(this.pool)!.set(data as never, value.data.byteOffset / this.pool.BYTES_PER_ELEMENT)
  }
}

const isOver = (value: OrtValue, pool: Data) => value.hostVisible && value.data.buffer === pool.buffer

function overlap(one: OrtValue, other: OrtValue): 'none' | 'part' | 'same' {
  if (one === other) return 'same'
  if (!one.hostVisible || !other.hostVisible || one.data.buffer !== other.data.buffer) return 'none'
  const distance = Math.abs(one.data.byteOffset - other.data.byteOffset)
  return distance === 0 ? 'same' : distance < one.data.byteLength ? 'part' : 'none'
}

/** Whether no copy makes this right. */
function isRefused(inputs: Map<string, OrtValue>, outputs: Outputs): boolean {
  const values = [...outputs.values()].filter((value) => value instanceof OrtValue)
  const among = values.some((one, i) => values.slice(i + 1).some((other) => overlap(one, other) !== 'none'))
  return among || values.some((one) => [...inputs.values()].some((input) => overlap(one, input) === 'part'))
}

/** Whether a call succeeds; it is refused exactly where it is to be. */
function bind(inputs: Map<string, OrtValue>, outputs: Outputs, call: () => void): boolean {
  try {
    call()
  } catch (error) {
    if (!isOrtError(error)) throw error
    // What a graph computes on the CPU has no device memory.
    if (onDevice && error.code === 'ERR_DEVICE_MISMATCH') return false
    expect(error.code).toBe('ERR_MEMORY_OVERLAP')
    expect(isRefused(inputs, outputs)).toBe(true)
    return false
  }
  expect(isRefused(inputs, outputs)).toBe(false)
  return true
}

interface Graph {
  readonly type: Type
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly session: InferenceSession
  /** Runs the graph on copies. */
  readonly reference: InferenceSession
}

const list = (data: unknown) => Array.from(data as Data, String)

async function expected(graph: Graph, feeds: ReadonlyMap<string, Data>): Promise<Record<string, Data>> {
  const copies = [...feeds].map(([name, data]) => [name, new Tensor(graph.type, data.slice() as never, DIMS)])
  const results = await graph.reference.run(Object.fromEntries(copies))
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Data]))
}

function expectContents(memory: Memory, contents: Map<unknown, Data>): void {
  for (const [where, data] of memory.contents()) expect(list(data)).toEqual(list(contents.get(where)))
}

async function step(graph: Graph, memory: Memory, io: IoBinding, outputs: Outputs, run: Run): Promise<void> {
  const feeds = new Map(graph.inputs.map((name) => [name, io.inputValue(name)!.read() as Data]))
  const results = await expected(graph, feeds)
  const contents = memory.contents()
  await run(io)
  for (const [name, bound] of outputs) {
    if (bound instanceof OrtValue) memory.write(contents, bound, results[name]!)
    expect(list(io.outputValue(name)!.read())).toEqual(list(results[name]))
  }
  expectContents(memory, contents)
}

type Run = (typeof runForms)[number][1]

/** One binding, whose values are bound again and disposed of between its runs. */
async function bindAtRandom(graph: Graph, memory: Memory): Promise<void> {
  const inputs = new Map(graph.inputs.map((name) => [name, memory.value()]))
  const outputs: Outputs = new Map(graph.outputs.map((name) => [name, memory.output()]))
  let io: IoBinding | undefined
  const given = Object.fromEntries([...outputs].filter(([, value]) => value !== undefined))
  const create = () => {
    io = graph.session.createIoBinding(Object.fromEntries(inputs), { outputs: given as never })
  }
  if (!bind(inputs, outputs, create)) return
  for (let i = 0; i < STEPS; i++) {
    await step(graph, memory, io!, outputs, runForms[memory.below(runForms.length)]![1])
    if (memory.below(2) === 0) {
      const name = graph.inputs[memory.below(graph.inputs.length)]!
      const next = new Map(inputs).set(name, memory.value())
      if (bind(next, outputs, () => io!.bindOrtValueInput(name, next.get(name)!)))
        inputs.set(name, next.get(name)!)
    }
    if (memory.below(2) === 0) {
      const name = graph.outputs[memory.below(graph.outputs.length)]!
      const value = memory.output() ?? 'dynamic'
      const next: Outputs = new Map(outputs).set(name, value)
      const again = () => (value === 'dynamic' ? io!.bindOutput(name) : io!.bindOrtValueOutput(name, value))
      if (bind(inputs, next, again)) outputs.set(name, value)
    }
    if (memory.below(3) === 0) memory.dispose([...inputs.values(), ...outputs.values()])
  }
  io!.dispose()
}

/** session.run with feeds and pre-allocated results in the same memory. */
async function runAtRandom(graph: Graph, memory: Memory): Promise<void> {
  const feeds = graph.inputs.map((name) => {
    const value = memory.value()
    const feed = memory.below(2) === 0 ? value : new Tensor(graph.type, memory.part() as never, DIMS)
    return [name, feed] as const
  })
  const fetches = graph.outputs.map((name) => {
    return [
      name,
      memory.below(3) === 0 ? null : new Tensor(graph.type, memory.part() as never, DIMS),
    ] as const
  })
  const wraps: Outputs = new Map(
    fetches.map(([name, target]) => {
      return [name, target === null ? undefined : OrtValue.wrap(graph.type, target.data as never, DIMS)]
    }),
  )
  const read = (feed: OrtValue | Tensor) => (feed instanceof OrtValue ? feed.read() : feed.data) as Data
  const results = await expected(graph, new Map(feeds.map(([name, feed]) => [name, read(feed)])))
  const contents = memory.contents()
  let given: Readonly<Record<string, Tensor | OrtValue>>
  try {
    given = await graph.session.run<Tensor | OrtValue>(Object.fromEntries(feeds), Object.fromEntries(fetches))
  } catch (error) {
    expect(isOrtError(error) && error.code).toBe('ERR_MEMORY_OVERLAP')
    expect(isRefused(new Map(), wraps)).toBe(true)
    return expectContents(memory, contents)
  }
  expect(isRefused(new Map(), wraps)).toBe(false)
  for (const [name, value] of wraps) {
    expect(list(read(given[name]!))).toEqual(list(results[name]))
    if (value instanceof OrtValue) memory.write(contents, value, results[name]!)
  }
  expectContents(memory, contents)
}

test(`${GRAPHS} random graphs, ${BINDINGS} times each, are right or refused: TEST_RANDOM_SEED=${seed}`, {
  timeout: 120_000 * Math.max(FACTOR, 1),
}, async () => {
  const random = randomNumbers(seed)
  for (let i = 0; i < GRAPHS; i++) {
    const type = types[Math.floor(random() * types.length)] as Type
    const { bytes, inputs, outputs, text } = randomGraph(random, type)
    const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const
    await using session = await createSession(bytes, options)
    await using reference = await createSession(bytes, options)
    const graph = { type, inputs, outputs, session, reference }
    for (let j = 0; j < BINDINGS; j++) {
      const use = j % 3 === 2 ? runAtRandom : bindAtRandom
      try {
        await use(graph, new Memory(random, type))
      } catch (cause) {
        throw new Error(`graph ${i} (${text}), ${use.name} ${j}: ${(cause as Error).message}`, { cause })
      }
    }
  }
})
