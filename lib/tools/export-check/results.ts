import type { InferenceSession } from '../../index'
import { resolveShape, symbolSizes } from '../../model/shape'
import { compare, type Tolerance } from '../tensors/compare'
import { tensorText } from '../tensors/host-tensor'
import type { Findings } from './report'
import { changed, type Runner, type Tensors } from './runner'

/** Reports outputs of other than the declared shape: a binding allocates the declared one, and its run then fails. */
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
    // The shape is empty for a scalar and for an unknown rank.
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

/** The results that a sample expects. */
interface Expected {
  readonly sample: number
  readonly expected: Tensors | undefined
  readonly tolerance: Tolerance
}

/** Compares results with the sample's. @returns the largest difference of floating-point elements */
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
      // A name that the model does not have is reported already.
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

/** Runs the same inputs again. @returns the outputs that are the same, bit for bit */
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
