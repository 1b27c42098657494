import type { HostTensor } from './elements'
import type { Findings } from './report'
import { changed, type Runner, type Tensors } from './runner'
import { variantsOf } from './variants'

/** What varying an input did: the outputs that changed, or why nothing is known. */
export interface Effect {
  readonly outputs: ReadonlySet<string>
  /** Set where no variant could be run. */
  readonly notVaried?: string
}

/**
 * Runs the model on other values of one input.
 *
 * @param variants stand in its place, one after another, until every output has changed
 */
export async function effectOf(
  runner: Runner,
  inputs: Tensors,
  before: Tensors,
  name: string,
  variants: readonly HostTensor[],
): Promise<Effect> {
  const outputs = new Set<string>()
  let ran = false
  let why = 'its elements cannot be varied'
  for (const variant of variants) {
    const after = await runner.attempt(new Map([...inputs, [name, variant]]))
    if (typeof after === 'string') {
      why = after
      continue
    }
    ran = true
    for (const output of changed(before, after)) outputs.add(output)
    if (outputs.size === before.size) break
  }
  return ran ? { outputs } : { outputs, notVaried: why }
}

/**
 * Outputs that do not change when an input does. Gives the inputs that have an effect.
 *
 * @param before the outputs that are the same from run to run; without one there is nothing to see an effect on
 */
export async function checkEffects(
  runner: Runner,
  inputs: Tensors,
  before: Tensors,
  findings: Findings,
): Promise<ReadonlySet<string>> {
  if (before.size === 0) return new Set()
  const effects = new Map<string, Effect>()
  for (const name of runner.session.inputNames) {
    effects.set(name, await effectOf(runner, inputs, before, name, variantsOf(inputs.get(name)!)))
  }
  for (const [name, { outputs, notVaried }] of effects) {
    if (notVaried !== undefined) {
      findings.note('input-not-varied', `nothing is known of what input '${name}' does: ${notVaried}`, {
        input: name,
        remedy: 'Give samples whose values the model takes',
      })
    } else if (outputs.size === 0) {
      findings.problem('input-without-effect', `no output changes when input '${name}' does`, {
        input: name,
        remedy:
          'A branch or a value may have been baked in when the model was traced, or forward() does not use the input',
      })
    }
  }
  reportOutputs(effects, before, findings)
  return new Set([...effects].filter(([, { outputs }]) => outputs.size > 0).map(([name]) => name))
}

function reportOutputs(effects: ReadonlyMap<string, Effect>, before: Tensors, findings: Findings): void {
  const varied = [...effects].filter(([, { notVaried }]) => notVaried === undefined)
  for (const output of before.keys()) {
    const without = varied.filter(([, { outputs }]) => !outputs.has(output))
    if (without.length === varied.length && varied.length === effects.size && varied.length > 0) {
      findings.problem('output-constant', `output '${output}' changes with no input`, {
        output,
        remedy: 'It may have been computed while the model was traced, and written down as a constant',
      })
      continue
    }
    for (const [input, { outputs }] of without) {
      if (outputs.size === 0) continue // said of the input already
      findings.note('output-ignores-input', `output '${output}' does not change when input '${input}' does`, {
        input,
        output,
      })
    }
  }
}
