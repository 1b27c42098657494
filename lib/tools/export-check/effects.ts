import type { HostTensor } from '../tensors/host-tensor'
import { dynamicDims, grown } from './axes'
import type { Findings } from './report'
import { changed, type Runner, type Tensors } from './runner'
import { variants } from './variants'

/** What the effects of inputs are searched with. */
export interface Probed {
  readonly runner: Runner
  /** The samples that ran; the first counts as the traced one. */
  readonly samples: readonly Tensors[]
  /** The outputs of the first sample that are the same in each run. */
  readonly outputs: Tensors
  /** The outputs that differ from sample to sample. */
  readonly moving: ReadonlySet<string>
}

/** The outputs that changed when an input did, or why the effect is unknown. */
interface Effect {
  readonly outputs: ReadonlySet<string>
  /** Set where no variant ran. */
  readonly notVaried?: string
}

/**
 * Runs the model on other values of one input.
 *
 * @param before the outputs for `inputs`
 * @param values replace the input one after another, until every output has changed
 */
export async function vary(
  runner: Runner,
  inputs: Tensors,
  before: Tensors,
  name: string,
  values: Iterable<HostTensor>,
): Promise<Effect> {
  const outputs = new Set<string>()
  let ran = false
  let why = 'its elements cannot be varied'
  for (const variant of values) {
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

/** Reports outputs that do not change when an input does. @returns the inputs whose values have an effect */
export async function checkEffects(probed: Probed, findings: Findings): Promise<ReadonlySet<string>> {
  // Where every output varies between runs, no effect can be seen.
  if (probed.outputs.size === 0) return new Set()
  const effects = new Map<string, Effect>()
  for (const name of probed.runner.session.inputNames) effects.set(name, await effectInAny(probed, name))
  for (const [name, effect] of effects) await reportInput(probed, name, effect, findings)
  await reportOutputs(probed, effects, findings)
  return new Set([...effects].filter(([, { outputs }]) => outputs.size > 0).map(([name]) => name))
}

/** The effect on the first sample that shows one: a flag may switch an input off in one sample and on in another. */
async function effectInAny({ runner, samples, outputs }: Probed, name: string): Promise<Effect> {
  let found: Effect | undefined
  for (const [i, inputs] of samples.entries()) {
    const before = i === 0 ? outputs : only(outputs, await runner.run(inputs))
    const effect = await vary(runner, inputs, before, name, variants(inputs.get(name)!))
    if (effect.outputs.size > 0) return effect
    if (found === undefined || effect.notVaried === undefined) found = effect
  }
  return found!
}

/** The outputs whose names are wanted. */
export const only = (wanted: { has(name: string): boolean }, outputs: Tensors): Tensors =>
  new Map([...outputs].filter(([name]) => wanted.has(name)))

async function reportInput(
  probed: Probed,
  input: string,
  { outputs, notVaried }: Effect,
  findings: Findings,
): Promise<void> {
  if (notVaried !== undefined) {
    findings.note('input-not-varied', `the effect of input '${input}' is unknown: ${notVaried}`, {
      input,
      remedy: 'Add samples with values that the model accepts',
    })
  } else if (outputs.size > 0) return
  else if (await shapeMatters(probed, input)) {
    const message = `no output changes with the values of input '${input}', only with its shape`
    findings.note('input-without-effect', message, { input })
  } else {
    findings.problem('input-without-effect', `no output changes when input '${input}' does`, {
      input,
      remedy: 'Tracing may have baked in a branch or a value, or forward() does not use the input',
    })
  }
}

/** Whether another shape of one input alone changes an output, or fails. */
async function shapeMatters({ runner, samples: [first], outputs }: Probed, input: string): Promise<boolean> {
  for (const { axes } of dynamicDims(runner.session)) {
    const alone = axes.filter((axis) => axis.input === input)
    const inputs = alone.length > 0 ? grown(alone, first!) : undefined
    const after = inputs && (await runner.attempt(inputs))
    if (typeof after === 'string' || (after && changed(outputs, after).length > 0)) return true
  }
  return false
}

async function reportOutputs(
  probed: Probed,
  effects: ReadonlyMap<string, Effect>,
  findings: Findings,
): Promise<void> {
  const varied = [...effects].filter(([, { notVaried }]) => notVaried === undefined)
  for (const output of probed.outputs.keys()) {
    const without = varied.filter(([, { outputs }]) => !outputs.has(output))
    if (without.length === effects.size && effects.size > 0 && !probed.moving.has(output)) {
      if (await followsShape(probed, output)) continue
      findings.problem('output-constant', `output '${output}' does not change with any input`, {
        output,
        remedy: 'Tracing may have computed it, and stored it as a constant',
      })
      continue
    }
    for (const [input, { outputs }] of without) {
      if (outputs.size === 0) continue // reported for the input already
      findings.note('output-ignores-input', `output '${output}' does not change when input '${input}' does`, {
        input,
        output,
      })
    }
  }
}

/** Whether an output changes with the inputs' shapes, as position ids do. */
async function followsShape({ runner, samples: [first], outputs }: Probed, output: string): Promise<boolean> {
  for (const { axes } of dynamicDims(runner.session)) {
    const inputs = grown(axes, first!)
    const after = inputs && (await runner.attempt(inputs))
    if (after !== undefined && typeof after !== 'string' && changed(outputs, after).includes(output))
      return true
  }
  return false
}
