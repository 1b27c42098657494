// What the compiler knows of a binding's inputs and outputs.
import { type AnyTypedArray, type InferenceSession, type IoBinding, OrtValue } from 'onnxruntime-iobinding'

/** Without types. */
export function untyped(session: InferenceSession): void {
  const io = session.createIoBinding({ x: [1, 4], ids: [1] })
  io.inputs.x.set([1, 2, 3, 4])
  io.inputs.x.set(Float32Array.of(1), 3)
  io.inputs.ids.set([1n])
  io.inputs.ids.set(BigInt64Array.from([1, 2], BigInt))
  io.inputs.x.fill(0).fill(1, 0, 2)
  io.inputs.ids.fill(0n)
  io.inputs.x[0] = 1
  io.inputs.ids[0] = 1n
  // Names of outputs are not known; noUncheckedIndexedAccess makes each possibly undefined.
  const y = io.outputs.y as AnyTypedArray
  const first = Number(y[0])
  const floats = y as Float32Array
  const copy: AnyTypedArray = y.slice()
  const numbers = Array.from(y, Number)
  const spread: (number | bigint)[] = [...y]
  // @ts-expect-error: a typed array is not a string
  const s: string = io.outputs.y
  // @ts-expect-error: a typed array is not a number
  const n: number = io.outputs.y
  // @ts-expect-error: its element is not a string
  const element: string = y[0]
  // @ts-expect-error: typed arrays lack this method
  io.inputs.x.fil(0)
  // @ts-expect-error: no strings
  io.inputs.x.set(['1'])
  // @ts-expect-error: the object names no z
  io.inputs.z.fill(0)
  // @ts-expect-error: views cannot be assigned
  io.inputs.x = new Float32Array(4)
  console.log(first, floats, copy, numbers, spread, s, n, element)
}

/** The names of an object literal, and the types of its OrtValues. */
export function named(session: InferenceSession, value: OrtValue): void {
  const state = OrtValue.allocate('float16', [1, 4])
  const ids = OrtValue.allocate('int64', [2])
  const io = session.createIoBinding({ ids, state, value, 'input.1': [1], mask: cond() ? [1] : null })
  const bigints: BigInt64Array = io.inputs.ids
  io.inputs.value.fill(1)
  io.inputs['input.1'].fill(1)
  io.inputs.mask.fill(1)
  // @ts-expect-error: int64
  const floats: Float32Array = io.inputs.ids
  // @ts-expect-error: misspelt
  const misspelt = io.inputs.id
  // @ts-expect-error: not a shape
  session.createIoBinding({ x: 4 })
  // @ts-expect-error: not a shape
  session.createIoBinding({ x: ['batch', 4] })
  // Strings have no typed array.
  const text: never = session.createIoBinding({ text: OrtValue.allocate('string', [1]) }).inputs.text
  // Names that are only known when it runs.
  const shapes: Record<string, readonly number[]> = { x: [1] }
  session.createIoBinding(shapes).inputs[String(1)]?.fill(1)
  session.createIoBinding().inputs.x?.fill(1)
  session.createIoBinding({}, { fetches: ['y'] }).inputs.x?.fill(1)
  const any: IoBinding = io
  console.log(bigints, floats, misspelt, text, any)
}
declare function cond(): boolean

type Inputs = {
  /** int64 [batch] */
  ids: BigInt64Array
  'a-b': Float32Array
  default?: Float32Array
  text: never
}
type Outputs = { y: Float32Array; 'y*/`\'"\n': BigInt64Array }

/** With a type argument. */
export function typed(session: InferenceSession): void {
  const io = session.createIoBinding<Inputs, Outputs>(
    { ids: [2], 'a-b': [1], text: [1] },
    { outputs: { y: [1] } },
  )
  const y: Float32Array = io.outputs.y
  const odd: BigInt64Array = io.outputs['y*/`\'"\n']
  io.inputs.ids.set(BigInt64Array.from([1], BigInt))
  io.inputs.default?.fill(1)
  session.createIoBinding<Inputs, Outputs>({ ids: OrtValue.allocate('int64', [2]), default: [1] })
  const parameter: IoBinding<Inputs, Outputs> = io
  // @ts-expect-error: misspelt
  session.createIoBinding<Inputs, Outputs>({ id: [2] })
  // @ts-expect-error: misspelt
  session.createIoBinding<Inputs>({ id: [2] })
  // @ts-expect-error: misspelt
  const misspelt = io.outputs.Y
  // @ts-expect-error: int64 takes bigints
  io.inputs.ids.fill(0)
  // @ts-expect-error: another type
  const floats: Float32Array = io.inputs.ids
  // @ts-expect-error: a typed array is not a string
  const s: string = io.outputs.y
  console.log(y, odd, parameter, misspelt, floats, s)
}

/** Bindings of a pool. */
export async function pooled(session: InferenceSession): Promise<void> {
  const pool = session.createBindingPool<Inputs, Outputs>({ ids: [2], 'a-b': [1] }, { size: 2 })
  const y = await pool.use(async (io) => {
    io.inputs.ids.fill(0n)
    // @ts-expect-error: misspelt
    io.inputs.id.fill(0n)
    await io.run()
    return io.outputs.y.slice()
  })
  const floats: Float32Array = y
  const any = session.createBindingPool({ x: [1] }, { size: 1 })
  await any.use(async (io) => {
    io.inputs.x.fill(1)
    // @ts-expect-error: misspelt
    io.inputs.z.fill(1)
  })
  console.log(floats)
}
