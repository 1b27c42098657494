import type { SessionIO } from '../model/io'
import { OrtValue } from '../value/value'
import type { BindingHost, IoBinding } from './binding'
import {
  allocateFor,
  type InputSpec,
  type IoBindingOptions,
  inputSpecs,
  mappedNames,
  outputSpecs,
} from './specs'

/**
 * Binds every input, and the outputs that are wanted: to the values that the caller gives, or to memory that is allocated.
 *
 * @param allocated is given each value that was allocated, before it is bound: it goes with the binding
 */
export function bindOnce(
  binding: Pick<IoBinding, 'bindOrtValueInput' | 'bindOrtValueOutput' | 'bindOutput'>,
  { inputs, outputs, device }: Pick<BindingHost, 'inputs' | 'outputs' | 'device'>,
  given: Readonly<Record<string, InputSpec>>,
  options: IoBindingOptions,
  allocated: (value: OrtValue) => void,
): void {
  const mapped = mappedNames(options, inputs, outputs)
  const valueFor = (ports: SessionIO, name: string, spec: InputSpec): OrtValue => {
    if (spec instanceof OrtValue) return spec
    const value = allocateFor(ports, name, spec, device, mapped.has(name))
    allocated(value)
    return value
  }
  const values = new Map<string, OrtValue>()
  for (const [name, spec] of inputSpecs(inputs, given)) {
    const value = valueFor(inputs, name, spec)
    binding.bindOrtValueInput(name, value, { mapped: mapped.has(name) })
    values.set(name, value)
  }
  for (const [name, spec] of outputSpecs(outputs, options, inputs, values)) {
    if (spec === 'dynamic') binding.bindOutput(name)
    else binding.bindOrtValueOutput(name, valueFor(outputs, name, spec), { mapped: mapped.has(name) })
  }
}
