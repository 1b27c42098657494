/** Devices and execution providers, as the engines name them. */

/** A device by the provider whose memory it is: ONNX Runtime's name of a plugin's. */
export type ComputeDeviceName = 'cpu' | 'cuda' | 'webgpu' | `${string}ExecutionProvider`

/** Where memory is: `OrtValue.location` and the `device` arguments. */
export type DeviceName = ComputeDeviceName | 'cuda-pinned'

/** Hardware that an execution provider can use, as ONNX Runtime describes it. */
export interface HardwareDevice {
  readonly type: 'cpu' | 'gpu' | 'npu' | 'unknown'
  readonly vendor: string
  readonly vendorId: number
  /** Identifies the kind of hardware, with `vendorId`. */
  readonly deviceId: number
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * An execution provider and hardware that it can use: ONNX Runtime's `OrtEpDevice`. For `devices` of an entry of
 * `executionProviders`.
 */
export interface EpDevice {
  /** Of the process; never the id of another device. */
  readonly id: number
  /** ONNX Runtime's name of the provider, such as `OpenVINOExecutionProvider`. */
  readonly provider: string
  /** Vendor of the provider. */
  readonly vendor: string
  readonly metadata: Readonly<Record<string, string>>
  /** Options that the provider uses for this device by default. */
  readonly options: Readonly<Record<string, string>>
  readonly hardware: HardwareDevice
}

/** The execution provider of a session, and its options under ONNX Runtime's keys. */
export interface ProviderSettings {
  /** ONNX Runtime's name. */
  readonly name: string
  /** The device whose memory the session uses; absent: host memory. */
  readonly device?: 'cuda' | 'webgpu'
  readonly deviceId: number
  readonly options: Readonly<Record<string, string>>
  /** Of a plugin's provider: ids of {@link EpDevice}s. */
  readonly devices?: readonly number[]
}
