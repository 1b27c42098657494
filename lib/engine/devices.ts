/** Devices and execution providers, as the engines name them. */

/** A device by the provider whose memory it is: ONNX Runtime's name of a plugin's. */
export type ComputeDeviceName = 'cpu' | 'cuda' | 'webgpu' | `${string}ExecutionProvider`

/** Where memory is: `OrtValue.location` and the `device` arguments. */
export type DeviceName = ComputeDeviceName | 'cuda-pinned'

/** An execution provider and hardware that it can use. */
export interface RawEpDevice {
  readonly id: number
  readonly provider: string
  readonly vendor: string
  readonly metadata: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
  readonly hardware: {
    readonly type: string
    readonly vendor: string
    readonly vendorId: number
    readonly deviceId: number
    readonly metadata: Readonly<Record<string, string>>
  }
}

/** The execution provider of a session, and its options under ONNX Runtime's keys. */
export interface ProviderSettings {
  /** ONNX Runtime's name. */
  readonly name: string
  /** The device whose memory the session uses; absent: host memory. */
  readonly device?: 'cuda' | 'webgpu'
  readonly deviceId: number
  readonly options: Readonly<Record<string, string>>
  /** Of a plugin's provider: ids of {@link RawEpDevice}s. */
  readonly devices?: readonly number[]
}
