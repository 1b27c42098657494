import { type InferenceSession, initialized, isOrtError, OrtValue, type ValueMetadata } from '../../index'
import { elementCount, resolveShape, shapeText } from '../../model/shape'

/** An output that does not have the shape that the model declares. */
export interface WrongShape {
  readonly output: string
  /** As text, as are the others. */
  readonly declared: string
  readonly given: string
  /** The sizes of the named dimensions, such as `batch = 2`; empty if there are none. */
  readonly sizes: string
}

const MAX_ELEMENTS = 2 ** 26
const MAX_MILLISECONDS = 10_000

type Symbols = ReadonlyMap<string, number>

/**
 * Runs the model on zeros, with small sizes for its dynamic dimensions, and compares the shapes of the outputs. Undefined if
 * the model does not run on such inputs.
 */
export async function findWrongShapes(session: InferenceSession): Promise<WrongShape[] | undefined> {
  const { inputMetadata, outputMetadata } = session
  const names = new Set(inputMetadata.flatMap((input) => (input.isTensor ? input.shape : [])))
  const dims = [...names].filter((dim) => typeof dim === 'string')
  // Different sizes tell dimensions apart, and all models run on 1 that run on any size.
  for (const size of [(index: number) => index + 2, () => 1]) {
    const symbols = new Map(dims.map((dim, index) => [dim, size(index)]))
    const shapes = await attempt(session, symbols)
    if (shapes !== undefined) return outputMetadata.flatMap((output) => compare(output, symbols, shapes))
  }
  return undefined
}

function compare(output: ValueMetadata, symbols: Symbols, shapes: ReadonlyMap<string, string>): WrongShape[] {
  // The shape [] may be one that is not declared.
  if (!output.isTensor || output.shape.length === 0) return []
  const known = new Map([...symbols].filter(([name]) => name !== ''))
  const expected = resolveShape(output.shape, known)
  const given = shapes.get(output.name)
  if (expected === undefined || given === undefined || given === shapeText(expected)) return []
  const sizes = [...known].filter(([name]) => output.shape.includes(name)).map((entry) => entry.join(' = '))
  return [{ output: output.name, declared: shapeText(output.shape), given, sizes: sizes.join(', ') }]
}

/** The shapes of the outputs that are tensors; undefined if the run fails. */
async function attempt(
  session: InferenceSession,
  symbols: Symbols,
): Promise<Map<string, string> | undefined> {
  const feeds: Record<string, OrtValue> = {}
  try {
    for (const input of session.inputMetadata) {
      if (!input.isTensor || (input.type as string) === 'undefined') return undefined
      const dims = resolveShape(input.shape, symbols)!
      if (elementCount(dims) > MAX_ELEMENTS) return undefined
      feeds[input.name] = OrtValue.allocate(input.type, dims)
    }
    const isCancelable = initialized().engine === 'native'
    const options = isCancelable ? { signal: AbortSignal.timeout(MAX_MILLISECONDS) } : {}
    const results = await session.run<OrtValue>(feeds, options)
    const tensors = Object.entries(results).filter(
      ([, { dims, kind }]) => kind === undefined || dims.length > 0,
    )
    return new Map(tensors.map(([name, { dims }]) => [name, shapeText(dims)]))
  } catch (error) {
    if (isOrtError(error) || (error as Error).name === 'TimeoutError') return undefined
    throw error
  } finally {
    for (const value of Object.values(feeds)) value.dispose()
  }
}
