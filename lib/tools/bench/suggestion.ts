import { type InferenceSession, type IoBinding, initialized, isOrtError } from '../../index'
import { elementCount, shapeText, symbolSizes } from '../../model/shape'
import { UsageError } from '../cli/command'
import { quote } from '../cli/shell'
import { describeInputs, fillInputs, type TensorMetadata } from './inputs'
import type { BenchPlan, Range } from './plan'

const MAX_ELEMENTS = 2 ** 26
const MAX_MILLISECONDS = 10_000

type Shapes = ReadonlyMap<string, readonly number[]>
type Ranges = ReadonlyMap<string, Range>

/** The error of a model that leaves dimensions open, with a command that was tried. */
export async function openShapesError(
  session: InferenceSession,
  plan: BenchPlan,
  open: readonly TensorMetadata[],
): Promise<UsageError> {
  const inputs = session.inputMetadata.filter((input) => input.isTensor)
  const texts = open.map(({ name, shape }) => `  ${name}  ${shapeText(shape)}`)
  const names = inputs.map(({ name }) => name)
  const fill = (binding: IoBinding, ranges: Ranges) =>
    fillInputs(binding, describeInputs(binding, names, ranges), plan.seed)
  const tried = [plan.ranges, allZero(plan, inputs)] as const
  const { shapes, content, ran } = await tryShapes(session, plan.shapes, inputs, tried, fill)
  const command = toCommand(plan, shapes, content)
  const advice = ran
    ? `Give their shapes, such as\n  ${command}`
    : `Give their shapes. The model failed on all that were tried, such as\n  ${command}`
  return new UsageError(`the model leaves dimensions of its inputs open:\n${texts.join('\n')}\n${advice}`)
}

/**
 * The first shapes of open inputs, and the first content, on which the model runs, or else the first that were tried.
 *
 * @param given shapes that are not tried
 * @param contents what to fill the inputs with, by `fill`
 */
export async function tryShapes<C>(
  session: InferenceSession,
  given: Shapes,
  inputs: readonly TensorMetadata[],
  contents: readonly [C, ...C[]],
  fill: (binding: IoBinding, content: C) => void,
): Promise<{ shapes: Shapes; content: C; ran: boolean }> {
  const candidates = [...guessShapes(given, inputs)]
  const until = Date.now() + MAX_MILLISECONDS
  for (const shapes of candidates) {
    for (const content of contents) {
      if (Date.now() > until) break
      const known = new Map([...given, ...shapes])
      if (await runs(session, inputs, known, (binding) => fill(binding, content)))
        return { shapes, content, ran: true }
    }
  }
  return { shapes: candidates[0]!, content: contents[0], ran: false }
}

/** An index of 0 is in every table. */
function allZero({ ranges }: BenchPlan, inputs: readonly TensorMetadata[]): Ranges {
  const integers = inputs.filter(({ name, type }) => /^u?int/.test(type) && !ranges.has(name))
  return new Map([...ranges, ...integers.map(({ name }) => [name, { low: 0, high: 0 }] as const)])
}

/** Sizes of a dimension without a name, by its axis, of so many. */
type Unnamed = (axis: number, rank: number, length: number) => number

const UNNAMED: readonly Unnamed[] = [
  () => 1,
  (axis, rank, length) => (axis > 0 && axis === rank - 1 ? length : 1),
  (axis, _rank, length) => (axis > 0 ? length : 1),
]

/** What to try: long sequences first, which models refuse that have a fixed room for them. */
function* guessShapes(given: Shapes, inputs: readonly TensorMetadata[]): Generator<Shapes> {
  for (const length of [128, 64, 32, 16, 8, 4, 1, 512, 1024]) {
    for (const unnamed of UNNAMED) {
      for (const sums of [1, 2]) yield assign(given, inputs, { length, unnamed, sums })
    }
  }
}

interface Guess {
  readonly length: number
  readonly unnamed: Unnamed
  /** A dimension `past + sequence` has so many lengths. */
  readonly sums: number
}

/** Shapes that were given determine the dimensions of the same name. */
function assign(given: Shapes, inputs: readonly TensorMetadata[], { length, unnamed, sums }: Guess): Shapes {
  const sizes = symbolSizes(
    inputs.flatMap(({ name, shape: declared }) => {
      const dims = given.get(name)
      return dims === undefined ? [] : [{ declared, dims }]
    }),
  )
  const size = (dim: number | string, axis: number, { length: rank }: readonly unknown[]): number => {
    if (typeof dim === 'number') return dim
    if (dim === '') return unnamed(axis, rank, length)
    // The first axis is mostly the batch.
    const guessed = axis === 0 ? 1 : /\+|total/.test(dim) ? sums * length : length
    const chosen = sizes.get(dim) ?? guessed
    sizes.set(dim, chosen)
    return chosen
  }
  const isOpen = ({ shape }: TensorMetadata) => shape.some((dim) => typeof dim === 'string')
  return new Map(
    inputs.filter(isOpen).map(({ name, shape }) => [name, given.get(name) ?? shape.map(size)] as const),
  )
}

/** Whether the model runs once on these inputs. */
async function runs(
  session: InferenceSession,
  inputs: readonly TensorMetadata[],
  shapes: Shapes,
  fill: (binding: IoBinding) => void,
): Promise<boolean> {
  try {
    if ([...shapes.values()].some((dims) => elementCount(dims) > MAX_ELEMENTS)) return false
    const known = inputs.flatMap(({ name }) => {
      const dims = shapes.get(name)
      return dims === undefined ? [] : [[name, dims] as const]
    })
    using binding = session.createIoBinding(Object.fromEntries(known))
    fill(binding)
    const isCancelable = initialized().engine === 'native'
    await binding.run(isCancelable ? { signal: AbortSignal.timeout(MAX_MILLISECONDS) } : {})
    return true
  } catch (error) {
    if (isOrtError(error) || error instanceof UsageError || (error as Error).name === 'TimeoutError')
      return false
    throw error
  }
}

function toCommand({ model, shapes: given }: BenchPlan, shapes: Shapes, ranges: Ranges): string {
  const dimsText = (dims: readonly number[]) => (dims.length === 0 ? 'scalar' : dims.join('x'))
  const options = (option: string, texts: readonly string[]) =>
    texts.map((text) => `${option} ${quote(text)}`)
  return [
    'npx onnxruntime-iobinding bench',
    quote(model),
    ...options(
      '--shape',
      [...new Map([...given, ...shapes])].map(([name, dims]) => `${name}=${dimsText(dims)}`),
    ),
    ...options(
      '--range',
      [...ranges].map(([name, { low, high }]) => `${name}=${low}..${high}`),
    ),
  ].join(' ')
}
