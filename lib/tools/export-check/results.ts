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
      `output '${output.name}' is declared ${names}, which would be ${sizes}, and is ${given}`,
      {
        output: output.name,
        remedy:
          "Do not give its axis the name of an input's; bind it 'dynamic' (createIoBinding's `outputs`)",
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
    const remedy = 'A branch or a loop on a value may have been baked in when the model was traced'
    if (got === undefined) {
      // Of a name that the model does not have it is said already.
      if (!names.includes(output)) continue
      const message = `output '${output}' is no tensor, and must be one`
      findings.problem('output-mismatch', message, { output, sample })
      continue
    }
    if (tensorText(got) !== tensorText(wanted)) {
      const message = `output '${output}' is ${tensorText(got)}, and must be ${tensorText(wanted)}`
      findings.problem('output-mismatch', message, { output, sample, remedy })
      continue
    }
    const { largest, first } = compare(got, wanted, tolerance)
    if (largest !== undefined) most = Math.max(most ?? 0, largest)
    if (first === undefined) continue
    const { index, actual, expected: number } = first
    const message = `output '${output}' is wrong: element ${index} is ${actual}, and must be ${number}`
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
      const message = `output '${output}' is another in each run, within the tolerance: what has an effect on it is not known`
      findings.note('output-varies', message, { output })
      continue
    }
    findings.problem('output-varies', `output '${output}' is another in each run of the same inputs`, {
      output,
      remedy:
        'Random nodes are left in the model, as dropout is by train(): call model.eval() before you export',
    })
  }
  return new Map([...before].filter(([name]) => !varying.includes(name)))
}
