import { IoBinding } from '../binding/binding'
import type { BindingHost } from '../binding/host'
import { array, type Check, record } from '../check'
import { checkDims } from '../model/shape'

/** Shapes by input name. An input with a fixed shape can be omitted. */
export type WarmupShapes = Readonly<Record<string, readonly number[]>>

/** One set of shapes, or an array of them. Copies, because the caller may change them while the model loads. */
export const warmupShapes: Check<readonly WarmupShapes[]> = (value, name) =>
  (Array.isArray(value) ? array('shapes')(value, name) : [value]).map((shapes) => {
    const entries = Object.entries(record(shapes, name))
    return Object.fromEntries(entries.map(([input, dims]) => [input, checkDims(dims, `${name}.${input}`)]))
  })

/** Runs the model once for each set of shapes, on zeros and empty strings. */
export async function warmUp(host: BindingHost, sets: readonly WarmupShapes[]): Promise<void> {
  for (const shapes of sets) {
    const binding = IoBinding.create(host, shapes, {})
    try {
      await binding.run()
    } finally {
      binding.dispose()
    }
  }
}
