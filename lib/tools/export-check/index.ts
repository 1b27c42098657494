/**
 * Checks an exported model against samples of the original's inputs and outputs. PyTorch's exporters drop, rename and bake
 * in inputs without an error; running the model finds these.
 *
 * @packageDocumentation
 */
import { argumentTypeError } from '../../errors'
import { InferenceSession } from '../../index'
import { dynamicDims, fixedAxes } from './axes'
import { checkEffects } from './effects'
import { checkNames } from './names'
import { type ExportReport, Findings, type SampleRun } from './report'
import { checkOutputShapes, checkOutputs, checkStable } from './results'
import { changed, Runner, type Tensors } from './runner'
import { type ExportSample, resolveSamples, type SampleSet } from './samples'
import { checkDynamicDim } from './shapes'

export type { Tolerance } from '../tensors/compare'
export type { ExportReport, Finding, FindingCode, SampleRun } from './report'
export type { ExportSample, SampleSet, SampleTensor } from './samples'

/** Samples, or a function that returns them. */
export type Samples =
  | readonly ExportSample[]
  | SampleSet
  | ((session: InferenceSession) => Samples | Promise<Samples>)

/**
 * Runs a model on each sample, then on variations of the first sample that runs, and reports what is wrong: missing inputs,
 * fixed axes, outputs that differ from the sample's, that do not change when an input does, or that vary between runs.
 *
 * The first sample that runs counts as the traced one. Beside the samples, the check takes up to six runs per input, and as
 * many for each of its dynamic axes. It ignores outputs that are not tensors.
 *
 * @throws OrtTypeError, OrtRangeError, OrtError for invalid samples, naming the place in them; `ERR_DISPOSED`
 */
export async function checkExport(session: InferenceSession, samples: Samples): Promise<ExportReport> {
  if (!(session instanceof InferenceSession))
    throw argumentTypeError('session', 'an InferenceSession', session)
  const given = typeof samples === 'function' ? await samples(session) : samples
  if (typeof given === 'function') return checkExport(session, given)
  const { samples: resolved, tolerance } = resolveSamples(given)
  const findings = new Findings()
  const runner = new Runner(session)
  if (!checkNames(session, resolved, findings)) return findings.report([])
  const runs: SampleRun[] = []
  const ran: Tensors[] = []
  const failed: Failed[] = []
  let first: Tensors | undefined
  const moving = new Set<string>()
  for (const [sample, { inputs, outputs: expected }] of resolved.entries()) {
    const about = { sample, inputs: shapes(inputs) }
    reportFixedAxes(session, inputs, findings)
    const outputs = await runner.attempt(inputs)
    if (typeof outputs === 'string') {
      runs.push({ ...about, error: outputs })
      failed.push({ sample, inputs, error: outputs })
      continue
    }
    checkOutputShapes(session, inputs, outputs, findings)
    const largest = checkOutputs(session, outputs, { sample, expected, tolerance }, findings)
    const difference = largest === undefined ? {} : { largestDifference: largest }
    runs.push({ ...about, outputs: shapes(outputs), ...difference })
    ran.push(inputs)
    if (first === undefined) first = outputs
    else for (const output of changed(first, outputs)) moving.add(output)
  }
  if (first !== undefined) {
    const outputs = await checkStable(runner, ran[0]!, first, tolerance, findings)
    const effective = await checkEffects({ runner, samples: ran, outputs, moving }, findings)
    const stable = new Set(outputs.keys())
    const known = { runner, ran, failed: failed.map(({ inputs }) => inputs), stable, effective }
    for (const dim of dynamicDims(session)) await checkDynamicDim(dim, known, findings)
  }
  reportFailures(session, failed, ran[0], findings)
  return findings.report(runs)
}

const shapes = (tensors: Tensors) =>
  Object.fromEntries([...tensors].map(([name, { dims }]) => [name, [...dims]]))

/** A sample that the model fails on. */
interface Failed {
  readonly sample: number
  readonly inputs: Tensors
  readonly error: string
}

function reportFixedAxes(session: InferenceSession, inputs: Tensors, findings: Findings): void {
  for (const { input, axis, declared, given } of fixedAxes(session, inputs)) {
    const message = `axis ${axis} of '${input}' is fixed at ${declared}, and a sample has ${given}`
    const remedy = 'Name the axis in dynamic_axes (dynamic_shapes) when you export'
    findings.problem('axis-fixed', message, { input, axis, remedy })
  }
}

/** Reports failed runs: as problems, unless a fixed axis explains them, which is reported already. */
function reportFailures(
  session: InferenceSession,
  failed: readonly Failed[],
  first: Tensors | undefined,
  findings: Findings,
): void {
  const said = findings.all().filter(({ code, severity }) => code === 'axis-fixed' && severity === 'problem')
  for (const { sample, error, inputs } of failed) {
    const explained =
      fixedAxes(session, inputs).length > 0 ||
      said.some(({ input, axis }) => inputs.get(input!)?.dims[axis!] !== first?.get(input!)?.dims[axis!])
    const message = `the model fails on sample ${sample}: ${error}`
    findings[explained ? 'note' : 'problem']('run-failed', message, { sample })
  }
}
