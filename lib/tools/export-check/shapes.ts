import { axisText, canResize, type DynamicDim, sizeOfDim, withSize } from './axes'
import { effectOf, only } from './effects'
import { type HostTensor, spliced } from './elements'
import type { Findings } from './report'
import type { Runner, Tensors } from './runner'
import { variantsOf } from './variants'

/** What is known from the samples when other shapes are tried. */
export interface Known {
  readonly runner: Runner
  /** The samples that could be run; the first is taken for the one that was traced. */
  readonly ran: readonly Tensors[]
  readonly failed: readonly Tensors[]
  /** Outputs that are the same from run to run. */
  readonly stable: ReadonlySet<string>
  /** Inputs whose values have an effect at all. */
  readonly effective: ReadonlySet<string>
}

/**
 * A dimension that is declared dynamic: whether it is, and whether what is beyond the first sample's size is looked at.
 * Where the samples have one size of it alone, or fail with another, sizes are tried with what the first has, repeated.
 */
export async function checkDynamicDim(dim: DynamicDim, known: Known, findings: Findings): Promise<void> {
  const [first] = known.ran as [Tensors]
  if (!canResize(dim, first)) return
  const traced = sizeOfDim(dim, first)!
  const larger = known.ran.filter((inputs) => sizeOfDim(dim, inputs)! > traced)
  for (const { size, given } of sizesToTry(dim, traced, known)) {
    const inputs = withSize(dim, first, size)
    const result = await known.runner.attempt(inputs)
    if (typeof result === 'string') reportFixed(dim, { traced, size, given, error: result }, findings)
    else if (size > traced) larger.push(inputs)
  }
  for (const axis of dim.axes) {
    if (known.effective.has(axis.input)) await checkTail(axis, traced, larger, known, findings)
  }
}

function sizesToTry(
  dim: DynamicDim,
  traced: number,
  { ran, failed }: Known,
): { size: number; given: boolean }[] {
  const sizesOf = (samples: readonly Tensors[]) =>
    // A sample that failed may have failed by its rank.
    new Set(samples.flatMap((inputs) => sizeOfDim(dim, inputs) ?? []))
  const good = sizesOf(ran)
  const bad = [...sizesOf(failed)].filter((size) => !good.has(size))
  if (bad.length > 0) return bad.map((size) => ({ size, given: true }))
  if (good.size > 1) return []
  return [traced + 1, 1].filter((size) => size !== traced).map((size) => ({ size, given: false }))
}

interface Attempt {
  readonly traced: number
  readonly size: number
  /** Whether a sample has the size, and fails. */
  readonly given: boolean
  readonly error: string
}

function reportFixed(dim: DynamicDim, { traced, size, given, error }: Attempt, findings: Findings): void {
  const [{ input, axis }] = dim.axes as [DynamicDim['axes'][0]]
  const where = dim.axes.map(axisText).join(' and ')
  const message = `${where} (declared '${dim.name}') can be ${traced} and not ${size}: ${error}`
  if (given) {
    findings.problem('axis-fixed', message, {
      input,
      axis,
      remedy:
        'The size that was traced is baked in: name the axis in dynamic_axes (dynamic_shapes), and use no Python number of it in forward()',
    })
    return
  }
  // The size may be one that makes no sense, or that another dimension has to follow which has another name.
  findings.note('axis-fixed', message, {
    input,
    axis,
    remedy: `Give a sample of ${size}, if that is a size that the model shall take`,
  })
}

/** The tensor with other values beyond a size along an axis. */
function* tailsOf(tensor: HostTensor, axis: number, traced: number): Generator<HostTensor> {
  for (const variant of variantsOf(tensor)) yield spliced(tensor, axis, traced, variant)
}

/** Whether what lies beyond the traced size has an effect, in any sample that is larger: in one it may be padding. */
async function checkTail(
  { input, axis }: DynamicDim['axes'][0],
  traced: number,
  larger: readonly Tensors[],
  { runner, stable }: Known,
  findings: Findings,
): Promise<void> {
  let size: number | undefined
  for (const inputs of larger) {
    const tensor = inputs.get(input)!
    const before = only(stable, await runner.run(inputs))
    const tails = tailsOf(tensor, axis, traced)
    const { outputs, notVaried } = await effectOf(runner, inputs, before, input, tails)
    if (outputs.size > 0) return
    if (notVaried === undefined) size = tensor.dims[axis]
  }
  if (size === undefined) return
  const message = `what '${input}' holds beyond ${traced} along axis ${axis} changes no output, at a size of ${size}`
  findings.problem('tail-without-effect', message, {
    input,
    axis,
    remedy:
      'A loop over the axis may have been unrolled for the length that was traced. If all of it is padding in the sample, give one where it is not',
  })
}
