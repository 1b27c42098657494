import type { InferenceSession } from '../../index'
import { resolveShape, symbolSizes } from '../../model/shape'
import { compare, type Tolerance } from '../tensors/compare'
import { tensorText } from '../tensors/host-tensor'
import type { Findings } from './report'
import { changed, type Runner, type Tensors } from './runner'

/** A binding allocates outputs by what the model declares: where that is not so, its run is refused. */
export function checkOutputShapes(
  { inputMetadata, outputMetadata }: InferenceSession,
  inputs: Tensors,
  outputs: Tensors,
  findings: Findings,
): void {
  const symbols = symbolSizes(
    inputMetadata.flatMap((input) => {
      const dims = inputs.get(input.name)?.dims
      return input.isTensor && dims !== undefined ? [{ declared: input.shape, dims }] : []
    }),
  )
  for (const output of outputMetadata) {
    const dims = outputs.get(output.name)?.dims
    // Of a scalar and of an open rank alike the shape is empty, and says nothing.
    if (!output.isTensor || output.shape.length === 0 || dims === undefined) continue
    const declared = resolveShape(output.shape, symbols)
    if (declared === undefined || `${declared}` === `${dims}`) continue
    const [names, sizes, given] = [output.shape, declared, dims].map((shape) => `[${shape.join(', ')}]`)
    findings.note(
      'output-shape',
      `output '${output.name}' is declared ${names}, which resolves to ${sizes}, but is ${given}`,
      {
        output: output.name,
        remedy: "Do not name its axis like an input's; bind it as 'dynamic' (createIoBinding's `outputs`)",
      },
    )
  }
}

/** What a sample says of its results. */
interface Expected {
  readonly sample: number
  readonly expected: Tensors | undefined
  readonly tolerance: Tolerance
}

/** Holds results against the sample's. Gives the largest difference of all that can be subtracted. */
export function checkOutputs(
  { outputNames: names }: InferenceSession,
  outputs: Tensors,
  { sample, expected, tolerance }: Expected,
  findings: Findings,
): number | undefined {
  let most: number | undefined
  for (const [output, wanted] of expected ?? []) {
    const got = outputs.get(output)
    const remedy = 'Tracing may have baked in a branch or a loop that depends on a value'
    if (got === undefined) {
      // Of a name that the model does not have it is said already.
      if (!names.includes(output)) continue
      const message = `output '${output}' is not a tensor, expected one`
      findings.problem('output-mismatch', message, { output, sample })
      continue
    }
    if (tensorText(got) !== tensorText(wanted)) {
      const message = `output '${output}' is ${tensorText(got)}, expected ${tensorText(wanted)}`
      findings.problem('output-mismatch', message, { output, sample, remedy })
      continue
    }
    const { largest, first } = compare(got, wanted, tolerance)
    if (largest !== undefined) most = Math.max(most ?? 0, largest)
    if (first === undefined) continue
    const { index, actual, expected: number } = first
    const message = `output '${output}' is wrong: element ${index} is ${actual}, expected ${number}`
    findings.problem('output-mismatch', message, { output, sample, remedy })
  }
  return most
}

/** The same inputs once more: gives the outputs that are the same, bit for bit. */
export async function checkStable(
  runner: Runner,
  inputs: Tensors,
  before: Tensors,
  tolerance: Tolerance,
  findings: Findings,
): Promise<Tensors> {
  const after = await runner.run(inputs)
  const varying = changed(before, after)
  for (const output of varying) {
    const again = after.get(output)!
    const sameShape = `${again.dims}` === `${before.get(output)!.dims}`
    if (sameShape && compare(again, before.get(output)!, tolerance).first === undefined) {
      const message = `output '${output}' varies between runs, within the tolerance: the effects of inputs on it are unknown`
      findings.note('output-varies', message, { output })
      continue
    }
    findings.problem('output-varies', `output '${output}' varies between runs on the same inputs`, {
      output,
      remedy:
        'The model contains random nodes, such as the dropout of train(): call model.eval() before you export',
    })
  }
  return new Map([...before].filter(([name]) => !varying.includes(name)))
}
