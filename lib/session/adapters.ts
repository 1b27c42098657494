import { LoraAdapter } from '../binding/lora-adapter'
import { array, type Check, setOwn } from '../check'
import { argumentTypeError, OrtError } from '../errors'
import type { OrtValue } from '../value/value'

export const loraAdapters: Check<readonly LoraAdapter[]> = (value, name) => {
  const expected = 'an array of LoraAdapters'
  return array(expected)(value, name).map((one) => {
    if (one instanceof LoraAdapter) return one
    throw argumentTypeError(name, expected, value)
  })
}

/** The feeds with the adapters' parameters. @throws OrtError `ERR_INVALID_ARG_VALUE` for an input that is given twice */
export function withAdapters<F>(
  feeds: Readonly<Record<string, F>>,
  adapters: readonly LoraAdapter[],
): Record<string, F | OrtValue> {
  const all: Record<string, F | OrtValue> = {}
  for (const [name, feed] of Object.entries(feeds)) setOwn(all, name, feed)
  for (const { parameters } of adapters) {
    for (const [name, value] of parameters) {
      if (Object.hasOwn(all, name)) {
        throw new OrtError('ERR_INVALID_ARG_VALUE', `input '${name}' is given twice`, {
          expected: "one of 'feeds' and 'activeLoraAdapters'",
        })
      }
      setOwn(all, name, value)
    }
  }
  return all
}
