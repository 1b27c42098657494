// Programs of the features that docs/support.md lists. Each throws where its result is wrong.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ElementType,
  type InferenceSession,
  OrtValue,
  type RunValue,
  type SessionOptions,
  SharedWeights,
  Tensor,
  type TypedArray,
} from 'onnxruntime-iobinding'
import { expect } from 'vitest'
import { passOptional, sparseOutput, vectorize, zipMap } from './kind-models.mjs'
import {
  counter,
  identity,
  model,
  node,
  nonZero,
  oneNode,
  optionalHasElement,
  sequenceAt,
  sequenceInsert,
  tensor,
  value,
} from './model-builder.mjs'

type Load = (model: Uint8Array, options?: SessionOptions) => Promise<InferenceSession>
/** One run of a session, by a way of calling; null: no value. */
export type Call = (
  session: InferenceSession,
  feeds: Readonly<Record<string, OrtValue | null>>,
  options?: object,
) => Promise<Readonly<Record<string, RunValue>>>
type Feature = (load: Load, call: Call) => Promise<unknown>

const of = (type: ElementType, data: TypedArray, dims: number[] = [data.length]) =>
  OrtValue.wrap(type as 'float32', data as Float32Array, dims) as OrtValue
const x = () => of('float32', Float32Array.of(41))
const data = (result: RunValue | undefined) => (result as Tensor).data
const strings = (result: RunValue) => ('read' in result ? result.read() : result.data)

/** A result is its input, bit for bit. */
const passes =
  (type: ElementType, array: TypedArray, dims?: number[]): Feature =>
  async (load, call) => {
    await using session = await load(identity(type))
    const { y } = await call(session, { x: of(type, array, dims) })
    expect([...data(y)]).toEqual([...array])
  }

/** A run with options has its result. */
const runsWith =
  (options: () => object): Feature =>
  async (load, call) => {
    await using session = await load(oneNode())
    const { y } = await call(session, { x: x() }, options())
    expect(data(y)).toEqual(Float32Array.of(42))
  }

/** y = x * weight, an initializer, which can be an input too */
const scaled = ({ overridable = false } = {}) =>
  model({
    inputs: [value('x', 'float32', [1]), ...(overridable ? [value('weight', 'float32', [1])] : [])],
    outputs: [value('y', 'float32', [1])],
    nodes: [node('Mul', ['x', 'weight'], ['y'])],
    initializers: [tensor('weight', 'float32', [1], [10])],
  })

export const features: Readonly<Record<string, Feature>> = {
  'tensors of float32': passes('float32', Float32Array.of(1, -0.5)),
  'tensors of int64': passes('int64', BigInt64Array.of(-1n, 2n ** 62n)),
  'float16, by its bits': passes('float16', Uint16Array.of(0x3c00, 0xfc00)),
  bfloat16: passes('bfloat16', Uint16Array.of(0x3f80)),
  'float8 (`float8e4m3fn` and others)': passes('float8e4m3fn', Uint8Array.of(0x38)),
  'int4 and uint4': passes('uint4', Uint8Array.of(0x21), [2]),
  strings: async (load, call) => {
    await using session = await load(identity('string'))
    const value = OrtValue.allocate('string', [2])
    value.write(['one', '二'])
    const { y } = await call(session, { x: value })
    expect(strings(y!)).toEqual(['one', '二'])
  },
  'scalars and empty tensors': async (load, call) => {
    await passes('float32', Float32Array.of(7), [])(load, call)
    await passes('float32', new Float32Array(0), [2, 0])(load, call)
  },
  'an output whose shape depends on data': async (load, call) => {
    await using session = await load(nonZero())
    const { y } = await call(session, { x: of('float32', Float32Array.of(0, 1, 1)) })
    expect(y!.dims).toEqual([1, 2])
  },
  'sequences as outputs': async (load, call) => {
    await using session = await load(sequenceInsert())
    const { sequence } = await call(session, { a: x(), b: x() })
    expect((sequence as OrtValue).elements()).toHaveLength(2)
  },
  'sequences as inputs': async (load, call) => {
    await using session = await load(sequenceAt())
    const sequence = OrtValue.sequence([x(), of('float32', Float32Array.of(5))])
    const { y } = await call(session, { sequence, index: of('int64', BigInt64Array.of(1n), []) })
    expect(data(y)).toEqual(Float32Array.of(5))
  },
  'maps as outputs': async (load, call) => {
    await using session = await load(zipMap())
    const { maps } = await call(session, { x: of('float32', Float32Array.of(0.25, 0.75), [1, 2]) })
    expect((maps as OrtValue).toJS()).toEqual([
      new Map([
        [7n, 0.25],
        [8n, 0.75],
      ]),
    ])
  },
  'maps as inputs': async (load, call) => {
    await using session = await load(vectorize())
    const { y } = await call(session, { x: OrtValue.map(['a', 'c'], Float32Array.of(1, 3)) })
    expect(data(y)).toEqual(Float32Array.of(1, 0, 3))
  },
  'optional inputs without a value': async (load, call) => {
    await using session = await load(optionalHasElement())
    const { y } = await call(session, { optional: null })
    expect([...data(y)]).toEqual([0])
  },
  'optional outputs without a value': async (load, call) => {
    await using session = await load(passOptional())
    const { y } = await call(session, { x: null })
    expect((y as OrtValue).hasValue).toBe(false)
  },
  'sparse tensors as outputs': async (load, call) => {
    await using session = await load(sparseOutput())
    const { s } = await call(session, { x: of('float32', Float32Array.of(-1)) })
    expect((s as OrtValue).kind).toBe('sparseTensor')
  },
  'initializers that are inputs too': async (load, call) => {
    await using session = await load(scaled({ overridable: true }), { ignoreUnknownFeeds: false })
    const { y } = await call(session, { x: x(), weight: of('float32', Float32Array.of(2)) })
    expect(data(y)).toEqual(Float32Array.of(82))
  },
  '`signal`': async (load, call) => {
    await using session = await load(oneNode())
    const { y } = await call(session, { x: x() }, { signal: new AbortController().signal })
    expect(data(y)).toEqual(Float32Array.of(42))
    const reason = new Error('enough')
    const run = call(session, { x: x() }, { signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
  },
  '`tag`, `logSeverityLevel`': runsWith(() => ({ tag: 'tag', logSeverityLevel: 3 })),
  '`extra`': runsWith(() => ({ extra: { memory: { enable_memory_arena_shrinkage: '' } } })),
  '`profile`': runsWith(() => ({ profile: join(mkdtempSync(join(tmpdir(), 'support-')), 'run') })),
  '`prepareRunOptions`': async (load, call) => {
    await using session = await load(oneNode())
    const { y } = await call(session, { x: x() }, session.prepareRunOptions({ tag: 'prepared' }))
    expect(data(y)).toEqual(Float32Array.of(42))
  },
}

const withOption =
  (options: () => SessionOptions): ((load: Load) => Promise<unknown>) =>
  async (load) => {
    await using session = await load(scaled(), options())
    const { y } = await session.run({ x: new Tensor('float32', [2], [1]) })
    expect(Number(y!.data[0])).toBe(20)
  }

export const sessionFeatures: Readonly<Record<string, (load: Load) => Promise<unknown>>> = {
  'state in place: one value as input and output': async (load) => {
    await using session = await load(counter())
    const state = OrtValue.allocate('float32', [1])
    using io = session.createIoBinding({ state }, { outputs: { new_state: state } })
    for (let i = 0; i < 3; i++) await io.run()
    expect(state.read()).toEqual(Float32Array.of(3))
  },
  '`value.view(dims, { offset })`': async () => {
    const value = OrtValue.allocate('float32', [4])
    value.data[2] = 5
    expect(value.view([1], { offset: 2 }).read()).toEqual(Float32Array.of(5))
  },
  '`value.dataPointer`': async () =>
    expect(OrtValue.allocate('float32', [4]).dataPointer).toBeGreaterThan(0n),
  '`initializers`': withOption(() => {
    const weight = OrtValue.fromTensor(new Tensor('float32', [10], [1]))
    return { initializers: { weight } }
  }),
  '`sharedWeights`': withOption(() => ({ sharedWeights: new SharedWeights() })),
  '`onLog` of a session': withOption(() => ({ onLog: () => {} })),
  '`signal` of a load': withOption(() => ({ signal: new AbortController().signal })),
  '`warmup`': withOption(() => ({ warmup: {} })),
  "`preferredOutputLocation: 'gpu-buffer'`": async (load) => {
    await using session = await load(oneNode(), { preferredOutputLocation: 'gpu-buffer' })
    const { y } = await session.run({ x: new Tensor('float32', [41], [1]) })
    expect(await y!.getData()).toEqual(Float32Array.of(42))
  },
  '`graphAssignment()`': async (load) => {
    await using session = await load(oneNode(), { recordGraphAssignment: true })
    // ONNX Runtime omits nodes that WebGPU runs in NHWC.
    expect(session.graphAssignment()).toBeInstanceOf(Array)
  },
  '`modelMetadata`': async (load) => {
    await using session = await load(oneNode())
    expect(session.modelMetadata).toHaveProperty('producerName')
  },
  '`overridableInitializers`': async (load) => {
    await using session = await load(scaled({ overridable: true }))
    expect(session.overridableInitializers).toMatchObject([{ name: 'weight' }])
  },
  'batching, and pools of bindings': async (load) => {
    await using session = await load(identity('float32', ['n', 2]))
    await using batcher = await session.createBatcher({ x: [2] })
    expect((await batcher.run({ x: Float32Array.of(1, 2) })).y).toEqual(Float32Array.of(1, 2))
  },
}
