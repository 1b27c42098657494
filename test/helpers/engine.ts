import type { IoBinding } from 'onnxruntime-iobinding'

/** The engine of this process, which the project of vitest.config.mjs sets. */
export const engineName = process.env.ONNXRUNTIME_IOBINDING_ENGINE
export const isNative = engineName === 'native'

type RunBinding = (binding: IoBinding) => Promise<void> | void

const run: RunBinding = (binding) => binding.run()
const runSync: RunBinding = (binding) => binding.runSync()

/** The forms in which the engine can run a binding, for `test.each`. */
export const runForms: [string, RunBinding][] = isNative
  ? [
      ['run', run],
      ['runSync', runSync],
    ]
  : [['run', run]]
