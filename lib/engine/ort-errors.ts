import { OrtError } from '../errors'

/** Errors that ONNX Runtime distinguishes by their message only. */

const dims = (text: string) => `[${(text.match(/\d+/g) ?? []).join(', ')}]`

const OUTPUT_SHAPE: readonly ((message: string) => { expected?: string; given?: string } | undefined)[] = [
  (message) => {
    const found =
      /has shape \{([\d,\s]*)\} but the computed output shape for this run is \{([\d,\s]*)\}/.exec(message) ??
      // ONNX Runtime 1.24 to 1.29
      /Current shape:\{([\d,\s]*)\} Requested shape:\{([\d,\s]*)\}/.exec(message)
    return found ? { given: dims(found[1]!), expected: dims(found[2]!) } : undefined
  },
  (message) => {
    const found = /Invalid rank for output: .* Got: (\d+) Expected: (\d+)/.exec(message)
    return found ? { given: `rank ${found[1]}`, expected: `rank ${found[2]}` } : undefined
  },
  (message) => {
    if (!message.includes('Got invalid dimensions for output')) return undefined
    const found = [...message.matchAll(/index: (\d+) Got: (\d+) Expected: (\d+)/g)]
    return {
      expected: found.map(([, index, , size]) => `${size} in dimension ${index}`).join(', '),
      given: found.map(([, , size]) => size).join(', '),
    }
  },
]

/** The error of an output that does not fit the buffer it is bound to, if ONNX Runtime's `message` is about one. */
export function outputShapeError(text: string): OrtError | undefined {
  for (const read of OUTPUT_SHAPE) {
    const details = read(text)
    if (details === undefined) continue
    const name = /for output:? '?([^'\s]+)/.exec(text)?.[1]
    const message = `output ${name ? `'${name}' ` : ''}does not fit the buffer it is bound to`
    const remedy = "Bind a buffer of the run's shape, or 'dynamic' to have ONNX Runtime allocate it"
    return new OrtError('ERR_OUTPUT_SHAPE', message, { ...details, remedy, cause: new Error(text) })
  }
  return undefined
}

/** The error of an arena of ONNX Runtime that cannot allocate memory, on the host or on a device. */
export function arenaError(message: string): OrtError | undefined {
  const found =
    /Failed to allocate memory for requested buffer of size (\d+)/.exec(message) ??
    /Available memory of \d+ is smaller than requested bytes of (\d+)/.exec(message)
  if (found === null) return undefined
  return new OrtError('ERR_OUT_OF_MEMORY', `ONNX Runtime's arena cannot allocate ${found[1]} bytes`, {
    remedy: "Free memory, or raise the arena's limit",
    cause: new Error(message),
  })
}
