import type { HostTensor } from '../tensors/host-tensor'
import { dynamicDims, grown } from './axes'
import type { Findings } from './report'
import { changed, type Runner, type Tensors } from './runner'
import { variants } from './variants'

/** What the effects of inputs are looked for on. */
export interface Probed {
  readonly runner: Runner
  /** The samples that could be run; the first is taken for the one that was traced. */
  readonly samples: readonly Tensors[]
  /** Of the first: the outputs that are the same from run to run. */
  readonly outputs: Tensors
  /** The outputs that differ from sample to sample. */
  readonly moving: ReadonlySet<string>
}

/** What varying an input did: the outputs that changed, or why nothing is known. */
interface Effect {
  readonly outputs: ReadonlySet<string>
  /** Set where no variant could be run. */
  readonly notVaried?: string
}

/**
 * Runs the model on other values of one input.
 *
 * @param before what it gives on `inputs`
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

/** Outputs that do not change when an input does. Gives the inputs whose values have an effect. */
export async function checkEffects(probed: Probed, findings: Findings): Promise<ReadonlySet<string>> {
  // Where every output is another in each run there is nothing to see an effect on.
  if (probed.outputs.size === 0) return new Set()
  const effects = new Map<string, Effect>()
  for (const name of probed.runner.session.inputNames) effects.set(name, await effectInAny(probed, name))
  for (const [name, effect] of effects) await reportInput(probed, name, effect, findings)
  await reportOutputs(probed, effects, findings)
  return new Set([...effects].filter(([, { outputs }]) => outputs.size > 0).map(([name]) => name))
}

/** On the first sample on which there is one: what a flag switches off in one sample it may switch on in another. */
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

/** The outputs of one run that another has too. */
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
      if (outputs.size === 0) continue // said of the input already
      findings.note('output-ignores-input', `output '${output}' does not change when input '${input}' does`, {
        input,
        output,
      })
    }
  }
}

/** Whether an output changes with the inputs' shapes, as positions do. */
async function followsShape({ runner, samples: [first], outputs }: Probed, output: string): Promise<boolean> {
  for (const { axes } of dynamicDims(runner.session)) {
    const inputs = grown(axes, first!)
    const after = inputs && (await runner.attempt(inputs))
    if (after !== undefined && typeof after !== 'string' && changed(outputs, after).includes(output))
      return true
  }
  return false
}
