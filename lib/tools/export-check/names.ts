import { listed } from '../../errors'
import type { InferenceSession, ValueMetadata } from '../../index'
import type { Findings } from './report'
import type { ResolvedSample } from './samples'

const quoted = (names: Iterable<string>): string => listed([...names].map((name) => `'${name}'`))

/** Compares the samples' names and types with the model's. @returns whether the samples can be run */
export function checkNames(
  { inputMetadata, outputMetadata }: InferenceSession,
  samples: readonly ResolvedSample[],
  findings: Findings,
): boolean {
  const known = new Map(inputMetadata.map((metadata) => [metadata.name, metadata]))
  const given = new Set(samples.flatMap(({ inputs }) => [...inputs.keys()]))
  const unknown = [...known.keys()].filter((name) => samples.some(({ inputs }) => !inputs.has(name)))
  for (const name of given) {
    if (known.has(name)) continue
    const message = `the model has no input '${name}': it has ${quoted(known.keys())}`
    findings.problem('input-vanished', message, {
      input: name,
      remedy:
        'The exporter drops arguments that forward() does not use, and bakes in the traced values of those that are not tensors (int, float, bool, str). Pass a tensor and use it, or remove the argument',
    })
  }
  for (const name of unknown) {
    findings.problem('input-unknown', `the model needs the input '${name}', which not every sample has`, {
      input: name,
      remedy: given.has(name)
        ? 'Add it to each sample'
        : `The samples have ${quoted(given)}: the exporter may have named its inputs in another order (None arguments shift names)`,
    })
  }
  for (const { inputs } of samples) {
    for (const [name, { type }] of inputs) checkType(known.get(name), type, findings)
  }
  checkOutputs(outputMetadata, samples, findings)
  return !findings.has('input-unknown', 'input-type')
}

function checkType(metadata: ValueMetadata | undefined, type: string, findings: Findings): void {
  if (metadata === undefined || !metadata.isTensor || metadata.type === type) return
  findings.problem('input-type', `input '${metadata.name}' is ${metadata.type}, and the sample has ${type}`, {
    input: metadata.name,
    remedy: `Export with an example input of ${type}, or give the sample as ${metadata.type}`,
  })
}

function checkOutputs(
  metadata: readonly ValueMetadata[],
  samples: readonly ResolvedSample[],
  findings: Findings,
): void {
  const names = metadata.map(({ name }) => name)
  for (const { name, isTensor } of metadata) {
    if (isTensor) continue
    findings.note('output-unknown', `output '${name}' is not a tensor, and is not checked`, { output: name })
  }
  const expected = new Set(samples.flatMap(({ outputs }) => [...(outputs?.keys() ?? [])]))
  if (expected.size === 0) return
  for (const name of expected) {
    if (names.includes(name)) continue
    findings.problem('output-vanished', `the model has no output '${name}': it has ${quoted(names)}`, {
      output: name,
      remedy: 'Name the outputs in the order in which forward() returns them (output_names)',
    })
  }
  for (const name of names) {
    if (expected.has(name)) continue
    findings.note('output-unknown', `no sample has the expected output '${name}'`, { output: name })
  }
}
