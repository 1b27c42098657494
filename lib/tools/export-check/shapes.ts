import { type HostTensor, spliced } from '../tensors/host-tensor'
import { type Axis, axesSize, axisText, canResize, type DynamicDim, withSize } from './axes'
import { only, vary } from './effects'
import type { Findings } from './report'
import type { Runner, Tensors } from './runner'
import { variants } from './variants'

/** What the samples showed, before other shapes are tried. */
export interface Known {
  readonly runner: Runner
  /** The samples that ran; the first counts as the traced one. */
  readonly ran: readonly Tensors[]
  readonly failed: readonly Tensors[]
  /** Outputs that are the same from run to run. */
  readonly stable: ReadonlySet<string>
  /** Inputs whose values have an effect at all. */
  readonly effective: ReadonlySet<string>
}

/**
 * Checks that a dimension declared dynamic is so, and that elements beyond the first sample's size have an effect. Where
 * the samples have a single size, or fail with another, it tries sizes by repeating the first sample's content.
 */
export async function checkDynamicDim(dim: DynamicDim, known: Known, findings: Findings): Promise<void> {
  const [first] = known.ran as [Tensors]
  if (!canResize(dim.axes, first)) return
  const traced = axesSize(dim.axes, first)!
  const larger = known.ran.filter((inputs) => axesSize(dim.axes, inputs)! > traced)
  for (const { size, given } of sizesToTry(dim, traced, known)) {
    const inputs = withSize(dim.axes, first, size)
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
  const sizes = (samples: readonly Tensors[]) =>
    // The rank of a failed sample may be the cause.
    new Set(samples.flatMap((inputs) => axesSize(dim.axes, inputs) ?? []))
  const good = sizes(ran)
  const bad = [...sizes(failed)].filter((size) => !good.has(size))
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
  const [{ input, axis }] = dim.axes as [Axis]
  const where = dim.axes.map(axisText).join(' and ')
  const message = `${where} (declared '${dim.name}') accepts ${traced} but not ${size}: ${error}`
  // A size that no sample has may make no sense, or another dimension may have to follow it.
  const remedy = given
    ? 'The traced size is baked in: name the axis in dynamic_axes (dynamic_shapes), and do not use it as a Python number in forward()'
    : `Add a sample of ${size}, if the model should accept that size`
  findings[given ? 'problem' : 'note']('axis-fixed', message, { input, axis, remedy })
}

/** The tensor with other values beyond a size along an axis. */
function* variantTails(tensor: HostTensor, axis: number, traced: number): Generator<HostTensor> {
  for (const variant of variants(tensor)) yield spliced(tensor, axis, traced, variant)
}

/** Whether elements beyond the traced size have an effect in any larger sample; in one of them they may be padding. */
async function checkTail(
  { input, axis }: Axis,
  traced: number,
  larger: readonly Tensors[],
  { runner, stable }: Known,
  findings: Findings,
): Promise<void> {
  let size: number | undefined
  for (const inputs of larger) {
    const tensor = inputs.get(input)!
    const before = only(stable, await runner.run(inputs))
    const tails = variantTails(tensor, axis, traced)
    const { outputs, notVaried } = await vary(runner, inputs, before, input, tails)
    if (outputs.size > 0) return
    if (notVaried === undefined) size = tensor.dims[axis]
  }
  if (size === undefined) return
  const message = `elements of '${input}' beyond ${traced} along axis ${axis} change no output, at a size of ${size}`
  findings.problem('tail-without-effect', message, {
    input,
    axis,
    remedy:
      'A loop over the axis may have been unrolled for the traced length. If the sample is all padding there, add one that is not',
  })
}
