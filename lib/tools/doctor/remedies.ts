import { cudaMajor } from '../../engine/cuda-libraries'
import { quote, unset } from '../cli/shell'
import type { Failure } from './failure'
import * as install from './install'
import type { Problem, ProblemCode } from './report'

/** What a failure does not say, and its remedy depends on. */
export interface Situation {
  /** What could not be loaded. */
  readonly what?: 'addon' | 'library'
  /** Which source named ONNX Runtime's library. */
  readonly source?: string | undefined
  /** The Python environment that was named. */
  readonly python?: string | undefined
  /** The missing CUDA libraries, and their version of CUDA. */
  readonly missing?: readonly string[]
  readonly major?: number | undefined
}

/** A failure; `command` runs its probe. */
export type Failed = Failure & { readonly command?: string }

interface Advice {
  /** Replaces the failure's own. */
  readonly text?: string
  readonly commands: readonly string[]
}

/** A failure with its remedy on this platform. */
export function toProblem(failure: Failed, situation: Situation): Problem {
  const { code, message, expected, given } = failure
  const { text, commands } = ADVICE[code]?.(failure, situation) ?? again(failure)
  return {
    code,
    message,
    expected,
    found: given,
    remedy: { text: text ?? failure.remedy ?? again(failure).text, commands },
  }
}

function again({ command }: Failed) {
  return {
    text: 'Run the probe alone, to see all of its output',
    commands: [command ?? 'npx onnxruntime-iobinding doctor --json'],
  }
}

const library = (_: Failed, { source }: Situation): Advice => ({ commands: install.onnxruntimeNode(source) })
const cudaDriver = (): Advice => ({ commands: install.cudaDriver() })

const ADVICE: Partial<Record<ProblemCode, (failure: Failed, situation: Situation) => Advice>> = {
  ERR_ADDON_NOT_LOADED: () => ({ commands: install.addon() }),
  ERR_LIBRARY_NOT_FOUND: library,
  ERR_LIBRARY_INVALID: library,
  ERR_LIBRARY_VERSION: library,
  ERR_LIBC: ({ given }, situation) => otherLibc(situation, given !== 'a build for musl', 'node:22-slim'),
  ERR_LIBC_VERSION: (_, situation) => otherLibc(situation, true, 'node:22-trixie-slim'),
  ERR_NODE_VERSION: () => ({ text: 'Install a newer Node', commands: ['nvm install 22'] }),
  ERR_INVALID_ARG_VALUE: ({ message }) =>
    message.startsWith("'python'")
      ? { text: 'Specify one that exists', commands: ['python3 -m venv .venv'] }
      : { text: 'Unset the variable', commands: [unset('ONNXRUNTIME_IOBINDING_ENGINE')] },
  ERR_PROVIDER_UNAVAILABLE: ({ expected }, { source }) => ({
    commands:
      process.env.ONNXRUNTIME_IOBINDING_ENGINE === 'onnxruntime-node'
        ? [unset('ONNXRUNTIME_IOBINDING_ENGINE')]
        : expected === 'CUDAExecutionProvider'
          ? install.cudaProvider(source)
          : install.onnxruntimeNode(source),
    ...(expected !== undefined && { text: 'Use a build of ONNX Runtime that includes it' }),
  }),
  ERR_CUDA_PROVIDER_NOT_FOUND: (_, { source }) => ({ commands: install.cudaProvider(source) }),
  ERR_CUDA_LIBRARY_NOT_FOUND: cudaLibraries,
  ERR_CUDA_VERSION: cudaLibraries,
  ERR_CUDA_LIBRARY_INVALID: (_, { missing = [], major, source, python }) => {
    const wheels = install.cudaWheels(missing, major)
    const pip = [`${install.pip(python)} --force-reinstall ${wheels.join(' ')}`]
    return { text: 'Reinstall it', commands: wheels.length === 0 ? install.cudaProvider(source) : pip }
  },
  ERR_CUDA_DRIVER_NOT_FOUND: cudaDriver,
  ERR_CUDA_DRIVER_VERSION: cudaDriver,
  ERR_CUDA_STUB_LIBRARY: cudaDriver,
  ERR_CUDA_SYSTEM_DRIVER_MISMATCH: () => ({
    text: "The driver's library and its kernel module have different versions, usually after an update: restart",
    commands: ['sudo reboot'],
  }),
  ERR_CUDA_NO_DEVICE: () => ({
    commands: [...(process.env.CUDA_VISIBLE_DEVICES ? [unset('CUDA_VISIBLE_DEVICES')] : []), 'nvidia-smi -L'],
  }),
  ERR_CUDA_OUT_OF_MEMORY: () => ({ commands: ['nvidia-smi'] }),
  ERR_WEBGPU_NO_ADAPTER: () => ({ commands: install.webgpuDriver() }),
  ERR_PROBE_TIMEOUT: (failure) => ({
    ...again(failure),
    text: 'Run the probe alone, to see where it hangs; --timeout SECONDS allows more time',
  }),
  ERR_RESULT_WRONG: (failure) => ({
    ...again(failure),
    text: 'Do not use this provider on this machine, and report this output',
  }),
}

/** ONNX Runtime is released for glibc. */
function otherLibc({ what, source }: Situation, isForGlibc: boolean, image: string): Advice {
  if (!isForGlibc) {
    return what === 'addon'
      ? { text: 'Install one for this system, or build it here', commands: install.addon() }
      : { text: 'Use a build for glibc', commands: install.onnxruntimeNode(source) }
  }
  return {
    text: "ONNX Runtime's builds and the prebuilt addons need glibc: use an image that has it, or build both for this system and specify the library by ORT_DYLIB_PATH",
    commands: [
      `docker run --rm -it -v "$PWD:/app" -w /app ${image} sh -c 'npm install && npx onnxruntime-iobinding doctor'`,
    ],
  }
}

function cudaLibraries({ expected, command }: Failed, situation: Situation): Advice {
  const { missing = expected === undefined ? [] : [expected] } = situation
  const major = situation.major ?? missing.map(cudaMajor).find((found) => found !== undefined)
  const wheels = install.cudaWheels(missing, major)
  if (wheels.length === 0) return { commands: [command ?? 'ldconfig -p'] }
  return {
    text: "Install NVIDIA's wheels, and load them in your program with await preload({ python }); or install CUDA where the loader finds it",
    commands: [
      `${install.pip(situation.python)} ${wheels.join(' ')}`,
      `npx onnxruntime-iobinding doctor --require cuda --python ${quote(situation.python ?? 'python3')}`,
    ],
  }
}
