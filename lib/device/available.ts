import type { Engine, ProviderSettings } from '../engine/engine'
import { DRIVER_REMEDIES } from '../engine/provider-errors'
import { describe, firstLine, isOrtError, OrtError, type OrtErrorDetails } from '../errors'
import { onlyDevice } from './ep-devices'
import { PROVIDERS } from './provider-names'
import type { ProviderChoice } from './providers'

const OR_CPU = "or add 'cpu' to the list to run there"

function unavailable(name: string, reason: string, details: OrtErrorDetails): OrtError {
  const message = `execution provider '${name}' is not available: ${reason}`
  return new OrtError('ERR_PROVIDER_UNAVAILABLE', message, details)
}

/**
 * The settings of a provider that is available, built into ONNX Runtime's library or by a plugin.
 *
 * @throws OrtError `ERR_PROVIDER_UNAVAILABLE` if it is neither
 */
export function availableSettings(
  engine: Engine,
  { name, settings }: ProviderChoice,
): ProviderSettings | undefined {
  if (settings === undefined) return undefined
  if (!engine.supports.devices) {
    throw unavailable(name, `the ${engine.name} engine runs on the CPU`, {
      remedy: `Install the native addon, ${OR_CPU}`,
    })
  }
  if (settings.devices !== undefined) return settings
  const available = engine.availableProviders()
  if (available.includes(settings.name)) return settings
  const devices = engine.epDevices().filter(({ provider }) => provider === settings.name)
  if (devices.length > 0 && settings.device === undefined)
    return { ...settings, devices: [onlyDevice(devices, name)] }
  throw unavailable(name, `ONNX Runtime's library ${engine.library.path} was built without it`, {
    expected: settings.name,
    given: available.join(', '),
    remedy: `Name a library that has it by initialize({ libraryPath }) (${source(name)}), ${OR_CPU}`,
  })
}

function source(name: string): string {
  return PROVIDERS[name]?.source ?? 'a plugin has it'
}

/** An error of loading a session, with what ONNX Runtime's message does not tell of the provider. */
export function wrapProviderError(error: unknown, { name, settings }: ProviderChoice): unknown {
  if (!isOrtError(error) || settings === undefined) return error
  const text = (error.cause as Error | undefined)?.message ?? error.message
  if (settings.device === undefined && /Failed to load library|Error loading "/.test(text)) {
    return unavailable(name, firstLine(new Error(text)), {
      remedy: `Put what is missing where the loader finds it (${source(name)}), ${OR_CPU}`,
      cause: error,
    })
  }
  if (/^Failed to load provider/.test(text)) {
    return new OrtError(error.code, `the provider '${name}' refuses its options, or this hardware`, {
      given: describe(Object.keys(settings.options)),
      remedy: "ONNX Runtime's log has the reason",
      cause: error,
    })
  }
  // The error of an arena does not say that the memory is the GPU's.
  if (settings.device !== 'cuda' || error.code !== 'ERR_OUT_OF_MEMORY') return error
  const code = 'ERR_CUDA_OUT_OF_MEMORY'
  const remedy = DRIVER_REMEDIES[code]!
  return new OrtError(code, 'the GPU has not enough memory for the session', {
    given: text,
    remedy,
    cause: error,
  })
}
