/**
 * Checks an exported model against the original: what it was given and what it answered. The exporters of PyTorch drop,
 * rename and bake in without an error; this finds it by running the model.
 *
 * @packageDocumentation
 */
import type { InferenceSession } from '../session'
import { resolveShape, symbolSizes } from '../shape'
import { dynamicDims, fixedAxes } from './axes'
import { checkEffects } from './effects'
import { compare, type Tolerance } from './elements'
import { checkNames } from './names'
import { type ExportReport, Findings, type SampleRun } from './report'
import { changed, Runner, type Tensors } from './runner'
import { type ExportSample, type ResolvedSample, resolveSamples, type SampleSet } from './samples'
import { checkDynamicDim } from './shapes'

export type { Tolerance } from './elements'
export type { ExportReport, Finding, FindingCode, SampleRun } from './report'
export type { ExportSample, SampleSet, SampleTensor } from './samples'

/** Samples, or a function that gives them. */
export type Samples =
  | readonly ExportSample[]
  | SampleSet
  | ((session: InferenceSession) => Samples | Promise<Samples>)

/**
 * Runs a model on each sample and then on variations of the first that could be run, and says what is wrong: inputs that
 * vanished, axes that turned out fixed, outputs that differ from the sample's, that do not change when an input does, or
 * that change from run to run.
 *
 * The first sample is taken for the one that was traced. It takes a handful of runs an input and a sample.
 *
 * @throws OrtTypeError, OrtRangeError, OrtError for samples that are none, naming the place in them; `ERR_DISPOSED`
 */
export async function checkExport(session: InferenceSession, samples: Samples): Promise<ExportReport> {
  const given = typeof samples === 'function' ? await samples(session) : samples
  if (typeof given === 'function') return checkExport(session, given)
  const { samples: resolved, tolerance } = resolveSamples(given)
  const findings = new Findings()
  const runner = new Runner(session)
  if (!checkNames(session, resolved, findings)) return reportOf([], findings)
  const runs: SampleRun[] = []
  const [ran, failed]: [[Tensors, Tensors][], Tensors[]] = [[], []]
  for (const [index, sample] of resolved.entries()) {
    const { run, outputs } = await runSample(runner, sample, index, tolerance, findings)
    runs.push(run)
    if (outputs === undefined) failed.push(sample.inputs)
    else ran.push([sample.inputs, outputs])
  }
  const [traced] = ran
  if (traced !== undefined) {
    const [first, outputs] = traced
    const stable = await checkStable(runner, first, outputs, tolerance, findings)
    const effective = await checkEffects(runner, first, stable, findings)
    const known = { runner, first, ran: ran.map(([inputs]) => inputs), failed, effective }
    for (const dim of dynamicDims(session)) {
      await checkDynamicDim(dim, { ...known, stable: new Set(stable.keys()) }, findings)
    }
  }
  reportFailures(runs, findings)
  return reportOf(runs, findings)
}

function reportOf(runs: readonly SampleRun[], collected: Findings): ExportReport {
  const findings = collected.all()
  return { ok: findings.every(({ severity }) => severity === 'note'), runs, findings }
}

const shapesOf = (tensors: Tensors) =>
  Object.fromEntries([...tensors].map(([name, { dims }]) => [name, [...dims]]))

async function runSample(
  runner: Runner,
  { inputs, outputs: expected }: ResolvedSample,
  sample: number,
  tolerance: Tolerance,
  findings: Findings,
): Promise<{ run: SampleRun; outputs?: Tensors }> {
  const about = { sample, inputs: shapesOf(inputs) }
  for (const { input, axis, declared, given } of fixedAxes(runner.session, inputs)) {
    findings.problem(
      'axis-fixed',
      `axis ${axis} of '${input}' is fixed at ${declared}, and a sample has ${given}`,
      { input, axis, remedy: 'Name the axis in dynamic_axes (dynamic_shapes) when you export' },
    )
  }
  const outputs = await runner.attempt(inputs)
  if (typeof outputs === 'string') return { run: { ...about, error: outputs } }
  checkOutputShapes(runner.session, inputs, outputs, findings)
  const largest = checkOutputs(outputs, expected, sample, tolerance, findings)
  const run = { ...about, outputs: shapesOf(outputs) }
  return { run: largest === undefined ? run : { ...run, largestDifference: largest }, outputs }
}

/** A binding allocates outputs by what the model declares: where that is not so, its run is refused. */
function checkOutputShapes(
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

/** Holds results against the sample's. Gives the largest difference of all that can be subtracted. */
function checkOutputs(
  outputs: Tensors,
  expected: Tensors | undefined,
  sample: number,
  tolerance: Tolerance,
  findings: Findings,
): number | undefined {
  let most: number | undefined
  for (const [output, wanted] of expected ?? []) {
    const got = outputs.get(output)
    if (got === undefined) continue
    const text = ({ type, dims }: typeof got) => `${type} [${dims.join(', ')}]`
    const remedy = 'A branch or a loop on a value may have been baked in when the model was traced'
    if (text(got) !== text(wanted)) {
      const message = `output '${output}' is ${text(got)}, and must be ${text(wanted)}`
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
async function checkStable(
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

/** Runs that failed: a problem of its own, unless an axis was found that may be why. */
function reportFailures(runs: readonly SampleRun[], findings: Findings): void {
  const report = findings.has('axis-fixed') ? 'note' : 'problem'
  for (const { sample, error } of runs) {
    if (error === undefined) continue
    findings[report]('run-failed', `the model does not run on sample ${sample}: ${error}`, { sample })
  }
}
