import { bare, type Check, record, string } from '../check'
import { describe, OrtError, OrtRangeError, OrtTypeError } from '../errors'
import { checkProviderOptions, type OptionTable, option } from './provider-options'

/**
 * Options of the providers that ONNX Runtime appends by their names. Those of onnxruntime-common have the names that
 * onnxruntime-node takes; all others go into `options` under ONNX Runtime's keys.
 */

/** onnxruntime-common's bits of `coreMlFlags`, as the options of ONNX Runtime's provider. */
const COREML_FLAGS: readonly (readonly [bit: number, key: string, value: string])[] = [
  [0x01, 'MLComputeUnits', 'CPUOnly'],
  [0x02, 'EnableOnSubgraphs', '1'],
  [0x04, 'MLComputeUnits', 'CPUAndNeuralEngine'],
  [0x08, 'RequireStaticInputShapes', '1'],
  [0x10, 'ModelFormat', 'MLProgram'],
  [0x20, 'MLComputeUnits', 'CPUAndGPU'],
]
const COREML_BITS = COREML_FLAGS.reduce((bits, [bit]) => bits | bit, 0)

const text = (key: string) => ({ key, check: string })
const deviceId = option.integer('device_id', 0, 0x7fff)

const OPTIONS: Readonly<Record<string, OptionTable>> = {
  coreml: { coreMlFlags: option.integer('coreMlFlags', 0, COREML_BITS) },
  dml: { deviceId },
  qnn: {
    backendType: text('backend_type'),
    backendPath: text('backend_path'),
    enableFp16Precision: option.flag('enable_htp_fp16_precision'),
  },
  tensorrt: { deviceId },
}

/** Keys that would be wrong beside this package's own use of the provider. */
const REFUSED: Readonly<Record<string, string>> = {
  trt_cuda_graph_enable: 'a replay would read inputs of an earlier run, whose memory ONNX Runtime moves',
  user_compute_stream: 'it is a pointer',
  has_user_compute_stream: 'it goes with a pointer',
}

/** ONNX Runtime's limit. */
const LONGEST = 1024

/** Options under ONNX Runtime's keys, verbatim. */
export const verbatimOptions: Check<Record<string, string>> = (value, name) => {
  const options: Record<string, string> = bare({})
  for (const [key, entry] of Object.entries(record(value, name))) {
    if (entry === undefined) continue
    if (typeof entry !== 'string' && typeof entry !== 'number') {
      throw new OrtTypeError(
        'ERR_INVALID_ARG_TYPE',
        `'${name}.${key}' has no form that every provider reads`,
        {
          expected: 'a string or a number, as the provider documents it',
          given: describe(entry),
        },
      )
    }
    if (Object.hasOwn(REFUSED, key)) {
      const details = { remedy: 'Omit it' }
      throw new OrtError('ERR_NOT_SUPPORTED', `'${name}.${key}' cannot be set: ${REFUSED[key]}`, details)
    }
    const checked = string(String(entry), `${name}.${key}`)
    if (checked === '' || checked.length > LONGEST || key === '' || key.length > LONGEST) {
      throw new OrtRangeError('ERR_INVALID_ARG_VALUE', `'${name}.${key}' has an invalid length`, {
        expected: `keys and values of 1 to ${LONGEST} characters`,
        given: String(checked.length),
      })
    }
    options[string(key, name)] = checked
  }
  return options
}

/** The options of an entry of `executionProviders`, by ONNX Runtime's keys. */
export function namedOptions(entry: Readonly<Record<string, unknown>>, name: string): Record<string, string> {
  const own = ['name', 'options', 'devices']
  const table = Object.hasOwn(OPTIONS, name) ? OPTIONS[name]! : {}
  const { coreMlFlags, ...checked } = checkProviderOptions(entry, table, name, own)
  const options = Object.assign(bare(checked), coreMlFlags && coreMlOptions(Number(coreMlFlags)))
  const { options: given } = entry
  return given === undefined ? options : Object.assign(options, verbatimOptions(given, 'options'))
}

function coreMlOptions(flags: number): Record<string, string> {
  const rows = COREML_FLAGS.filter(([bit]) => (flags & bit) !== 0)
  if (rows.filter(([, key]) => key === 'MLComputeUnits').length <= 1)
    return Object.fromEntries(rows.map(([, key, value]) => [key, value]))
  throw new OrtRangeError('ERR_INVALID_ARG_VALUE', "'coreMlFlags' selects several compute units", {
    expected: 'one of 0x01 (CPU), 0x04 (neural engine) and 0x20 (GPU)',
    given: `0x${flags.toString(16)}`,
  })
}
