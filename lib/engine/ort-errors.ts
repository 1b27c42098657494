import { OrtError, type OrtErrorCode } from '../errors'

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

/** The error of a load for want of threads to share, of a library of operators, or of an operator that nobody registered. */
export function loadError(code: OrtErrorCode, message: string): OrtError | undefined {
  if (message.includes('not configured to use per session threadpools')) {
    return new OrtError('ERR_INVALID_ARG_VALUE', 'the process has no threads for "threadPool: \'shared\'"', {
      remedy: 'Call initialize({ threadPool: { intraOpNumThreads } }) before the first session',
    })
  }
  if (/is not a registered function\/op|No Op registered for/.test(message)) {
    return new OrtError(code, message, {
      remedy:
        'Name the library that has the operator by the option customOpLibraries, or use a newer ONNX Runtime',
    })
  }
  if (message.includes('EPContext node') || message.includes('for EPContext(')) {
    return new OrtError(code, message, {
      remedy:
        "The model was compiled: name the provider that compiled it in 'executionProviders', or compile it again",
    })
  }
  // Of an execution provider, which has a remedy of its own.
  if (/ProviderLibrary|onnxruntime_providers_/.test(message)) return undefined
  if (!/Failed to (load library|get symbol|find symbol)|RegisterCustomOps/.test(message)) return undefined
  const python = /undefined symbol: _?Py\w+|symbol not found.*_Py\w+/.test(message)
  return new OrtError('ERR_CUSTOM_OP_LIBRARY', "a library of 'customOpLibraries' cannot be used", {
    expected: 'a library with RegisterCustomOps, and all that it is linked with',
    given: message,
    remedy: python
      ? "It is a Python extension: start Node.js with Python's library preloaded, such as LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libpython3.12.so.1.0"
      : 'Build it for this platform, with RegisterCustomOps exported',
  })
}

/** Remedies of errors of the process's resources, whoever reports them. */
export const RESOURCE_REMEDIES: Partial<Record<OrtErrorCode, string>> = {
  ERR_OUT_OF_MEMORY: "Free memory, use smaller inputs or fewer bindings, or raise the process's limit",
  ERR_THREAD_UNAVAILABLE:
    "Raise the limit on threads (`ulimit -u`, or the container's limit of pids), or release sessions; intraOpNumThreads: 1 has ONNX Runtime start none",
}

/** What ONNX Runtime and the C++ libraries say of memory that cannot be allocated, and of a thread that cannot start. */
const RESOURCES: readonly (readonly [RegExp, OrtErrorCode, (...found: string[]) => string])[] = [
  [
    /(?:Failed to allocate memory for requested buffer of size|Available memory of \d+ is smaller than requested bytes of) (\d+)/,
    'ERR_OUT_OF_MEMORY',
    (bytes) => `ONNX Runtime's arena cannot allocate ${bytes} bytes`,
  ],
  [
    /std::bad_alloc|\bbad[_ ]alloc(ation)?\b|std::bad_array_new_length|bad array new length/,
    'ERR_OUT_OF_MEMORY',
    () => 'ONNX Runtime cannot allocate host memory',
  ],
  [
    /Calculation for Tensor storage size overflowed/,
    'ERR_OUT_OF_MEMORY',
    () => 'a tensor has more bytes than there are addresses',
  ],
  [
    /Buffer size \((\d+)\) exceeds the max buffer size limit/,
    'ERR_OUT_OF_MEMORY',
    (bytes) => `the device cannot allocate ${bytes} bytes: more than one buffer may have`,
  ],
  [
    // WebGPU reports the allocation that failed to the log alone.
    /\[Invalid Buffer\b[^\]]*\] is invalid due to a previous error|VK_ERROR_OUT_OF_DEVICE_MEMORY/,
    'ERR_OUT_OF_MEMORY',
    () => 'the device cannot allocate the memory of the run, or of a copy',
  ],
  [
    /pthread_create failed|beginthreadex failed|WindowsThread.* failed/,
    'ERR_THREAD_UNAVAILABLE',
    () => 'a thread of ONNX Runtime cannot start',
  ],
]

/** The error of memory that ONNX Runtime cannot allocate, on the host or on a device, or of a thread that cannot start. */
export function resourceError(message: string): OrtError | undefined {
  for (const [pattern, code, text] of RESOURCES) {
    const found = pattern.exec(message)
    if (found === null) continue
    const remedy = RESOURCE_REMEDIES[code]!
    return new OrtError(code, text(...found.slice(1)), { remedy, cause: new Error(message) })
  }
  return undefined
}
