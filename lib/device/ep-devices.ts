import { array, string } from '../check'
import type { EpDevice } from '../engine/devices'
import { engine } from '../engine/select'
import { describe, OrtError, OrtTypeError } from '../errors'

/** The devices that this thread was given, so that no other object passes for one. */
const given = new WeakSet<object>()

function remember(device: EpDevice): EpDevice {
  Object.freeze(device.hardware)
  given.add(Object.freeze(device))
  return device
}

/**
 * The devices of all execution providers: of those in ONNX Runtime's library that list any, and of plugins. Opens ONNX Runtime
 * with the defaults if the thread has not opened it.
 *
 * @throws OrtError `ERR_NOT_SUPPORTED` on the onnxruntime-node engine, and the codes of {@link initialize}
 * @example
 * for (const { provider, hardware } of getEpDevices()) console.log(provider, hardware.type, hardware.vendor)
 */
export function getEpDevices(): readonly EpDevice[] {
  return engine().epDevices().map(remember)
}

/**
 * Registers a plugin: a library with execution providers, such as that of PyPI's `onnxruntime-ep-openvino`. Applies to the whole
 * process. Returns the devices that it adds, which may be none on this hardware.
 *
 * @param name any name, by which it can be unregistered. With one that ends in `.virtual` the plugin also lists devices that
 *   this machine does not have, as some can: to compile models for them, or to run on a driver in software
 * @throws OrtError `ERR_LIBRARY_NOT_FOUND`, `ERR_LIBRARY_INVALID`, `ERR_INVALID_ARG_VALUE` for a name that is taken,
 *   `ERR_NOT_SUPPORTED` on the onnxruntime-node engine
 * @example
 * async function openVino(library: string) {
 *   const devices = await registerExecutionProviderLibrary('openvino', library)
 *   return InferenceSession.create('model.onnx', {
 *     executionProviders: [{ name: 'OpenVINOExecutionProvider', devices }, 'cpu'],
 *   })
 * }
 */
export async function registerExecutionProviderLibrary(
  name: string,
  path: string,
): Promise<readonly EpDevice[]> {
  const opened = engine()
  const before = new Set(opened.epDevices().map(({ id }) => id))
  await opened.registerExecutionProviderLibrary(filled(name, 'name'), checkPath(path))
  return getEpDevices().filter(({ id }) => !before.has(id))
}

/**
 * Unregisters a plugin, after every session that uses it was released. A plugin with device memory stays until the process ends.
 *
 * @throws OrtError `ERR_BUSY` while it is in use, `ERR_INVALID_ARG_VALUE` for a name that is not registered,
 *   `ERR_NOT_SUPPORTED` on the onnxruntime-node engine
 * @example
 * const unregister = () => unregisterExecutionProviderLibrary('openvino')
 */
export async function unregisterExecutionProviderLibrary(name: string): Promise<void> {
  await engine().unregisterExecutionProviderLibrary(filled(name, 'name'))
}

function filled(value: unknown, name: string): string {
  const text = string(value, name)
  if (text !== '') return text
  throw new OrtTypeError('ERR_INVALID_ARG_VALUE', `'${name}' is empty`)
}

/** Of any system of this kind. The loader's error would repeat a longer one. */
const LONGEST_PATH = process.platform === 'win32' ? 32_767 : 4096

function checkPath(value: unknown): string {
  const path = filled(value, 'path')
  if (path.length <= LONGEST_PATH) return path
  throw new OrtError('ERR_LIBRARY_NOT_FOUND', 'the path of the library is too long', {
    expected: `at most ${LONGEST_PATH} characters`,
    given: `${path.length}`,
  })
}

/** The ids of `devices` of an entry. */
export function deviceIds(devices: unknown, ortName: string): number[] {
  const list = array('an array')(devices, 'devices')
  const expected = `one or more devices of '${ortName}', from getEpDevices()`
  if (list.length === 0) throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'devices' is empty", { expected })
  return list.map((device) => {
    if (typeof device !== 'object' || device === null || !given.has(device)) {
      const details = { expected, given: describe(device) }
      throw new OrtTypeError(
        'ERR_INVALID_ARG_TYPE',
        "'devices' has an entry that is not an EpDevice",
        details,
      )
    }
    const { id, provider } = device as EpDevice
    if (provider === ortName) return id
    throw new OrtTypeError('ERR_INVALID_ARG_VALUE', "'devices' has a device of another provider", {
      expected,
      given: provider,
    })
  })
}

/** Whether a plugin, or ONNX Runtime's library, lists devices of a provider of this name. */
export function hasEpDevices(name: string): boolean {
  const opened = engine()
  return opened.supports.devices && opened.epDevices().some(({ provider }) => provider === name)
}

/**
 * The device of a provider that is named without `devices`.
 *
 * @throws OrtError `ERR_INVALID_ARG_VALUE` if it has several
 */
export function onlyDevice(devices: readonly EpDevice[], name: string): number {
  if (devices.length === 1) return devices[0]!.id
  throw new OrtError('ERR_INVALID_ARG_VALUE', `'${name}' has several devices`, {
    expected: "'devices'",
    given: devices.map(({ hardware }) => `${hardware.type} ${hardware.vendor}`).join(', '),
    remedy: `Name one: { name: '${name}', devices: [getEpDevices().find(...)] }`,
  })
}
