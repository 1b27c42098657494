import { axisText, type DynamicDim, sizeOfDim, withSize } from './axes'
import { effectOf } from './effects'
import { isWhole, spliced } from './elements'
import type { Findings } from './report'
import type { Runner, Tensors } from './runner'
import { variantsOf } from './variants'

/** What is known from the samples when other shapes are tried. */
export interface Known {
  readonly runner: Runner
  /** The inputs of the first sample that could be run: the one that was traced. */
  readonly first: Tensors
  readonly ran: readonly Tensors[]
  readonly failed: readonly Tensors[]
  /** Outputs that are the same from run to run. */
  readonly stable: ReadonlySet<string>
  /** Inputs that have an effect at all. */
  readonly effective: ReadonlySet<string>
}

/**
 * A dimension that is declared dynamic: whether it is, and whether what is beyond the first sample's size is looked at.
 * Sizes that no sample has are tried with what the first sample has, repeated.
 */
export async function checkDynamicDim(dim: DynamicDim, known: Known, findings: Findings): Promise<void> {
  const { runner, first, ran } = known
  const traced = sizeOfDim(dim, first)
  if (traced === 0 || dim.axes.some(({ input }) => !isWhole(first.get(input)!.type))) return
  let grown: Tensors | undefined
  for (const inputs of ran) {
    if (sizeOfDim(dim, inputs) > sizeOfDim(dim, grown ?? first)) grown = inputs
  }
  for (const { size, given } of sizesToTry(dim, traced, known)) {
    const inputs = withSize(dim, first, size)
    const result = await runner.attempt(inputs)
    if (typeof result === 'string') reportFixed(dim, { traced, size, given, error: result }, findings)
    else if (size > traced) grown ??= inputs
  }
  if (grown !== undefined) await checkTails(dim, traced, grown, known, findings)
}

function sizesToTry(
  dim: DynamicDim,
  traced: number,
  { ran, failed }: Known,
): { size: number; given: boolean }[] {
  const sizesOf = (samples: readonly Tensors[]) => new Set(samples.map((inputs) => sizeOfDim(dim, inputs)))
  const good = sizesOf(ran)
  const bad = [...sizesOf(failed)].filter((size) => !good.has(size))
  if (bad.length > 0) return bad.map((size) => ({ size, given: true }))
  if (good.size > 1) return []
  return [traced + 1, 1].filter((size) => size !== traced).map((size) => ({ size, given: false }))
}

interface Attempt {
  readonly traced: number
  readonly size: number
  /** Whether a sample has the size. */
  readonly given: boolean
  readonly error: string
}

function reportFixed(dim: DynamicDim, { traced, size, given, error }: Attempt, findings: Findings): void {
  const [{ input, axis }] = dim.axes as [DynamicDim['axes'][0]]
  const where = dim.axes.map(axisText).join(' and ')
  const message = `${where} (declared '${dim.name}') can be ${traced} and not ${size}: ${error}`
  // A length of one is special to many models; nobody may ever ask for it.
  const report = given || size !== 1 ? 'problem' : 'note'
  findings[report]('axis-fixed', message, {
    input,
    axis,
    remedy:
      'The size that was traced is baked in: name the axis in dynamic_axes (dynamic_shapes), and use no Python number of it in forward()',
  })
}

async function checkTails(
  dim: DynamicDim,
  traced: number,
  grown: Tensors,
  { runner, stable, effective }: Known,
  findings: Findings,
): Promise<void> {
  const all = await runner.run(grown)
  const before = new Map([...all].filter(([name]) => stable.has(name)))
  for (const { input, axis } of dim.axes) {
    if (!effective.has(input)) continue
    const tensor = grown.get(input)!
    const variants = variantsOf(tensor).map((variant) => spliced(tensor, axis, traced, variant))
    const { outputs, notVaried } = await effectOf(runner, grown, before, input, variants)
    if (notVaried !== undefined || outputs.size > 0) continue
    findings.problem(
      'tail-without-effect',
      `what '${input}' holds beyond ${traced} along axis ${axis} changes no output, at a size of ${tensor.dims[axis]}`,
      {
        input,
        axis,
        remedy:
          'A loop over the axis may have been unrolled for the length that was traced. If all of it is padding in the sample, give one where it is not',
      },
    )
  }
}
