// Session options of this package's targets on the CPU: the words of a target's id name what it changes.
import { InferenceSession, registerExecutionProviderLibrary } from '../../dist/index.mjs'

const PROVIDER = 'OpenVINOExecutionProvider'

/**
 * OpenVINO compiles the whole graph itself: what ONNX Runtime fuses before are operators that it does not know. It takes bf16 by
 * itself where the CPU has it, so the precision is always given.
 */
async function openVino(library, threads, precision) {
  const all = await registerExecutionProviderLibrary('openvino', library)
  const devices = all.filter(({ provider, hardware }) => provider === PROVIDER && hardware.type === 'cpu')
  if (devices.length === 0) throw new Error("OpenVINO's plugin runs on Intel's CPUs only")
  const settings = {
    INFERENCE_NUM_THREADS: `${threads}`,
    NUM_STREAMS: '1',
    INFERENCE_PRECISION_HINT: precision,
  }
  const options = { load_config: JSON.stringify({ CPU: settings }) }
  return {
    graphOptimizationLevel: 'disabled',
    executionProviders: [{ name: PROVIDER, devices, options }, 'cpu'],
  }
}

/**
 * @param {ReadonlySet<string>} words
 * @param {import('../core/case.mjs').Case} bench
 */
export async function openOnCpu(words, { path, int8, openVino: library, threads, freeDimensionOverrides }) {
  const options = {
    intraOpNumThreads: threads,
    ...(words.has('thread') && { inlineRunBelowUs: 0 }),
    ...(words.has('static') && { freeDimensionOverrides }),
    ...(words.has('openvino') && (await openVino(library, threads, words.has('bf16') ? 'bf16' : 'f32'))),
  }
  return InferenceSession.create(words.has('int8') ? int8 : path, /** @type {any} */ (options))
}
