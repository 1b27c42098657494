/** What a compilation is given beside the settings of a session: native/session/compile.h. */
export interface CompileSettings {
  /** A path; absent: the compiled model is the result. */
  readonly to?: string
  readonly externalInitializersFile?: string
  readonly externalInitializersSizeThreshold: number
  readonly epContextEmbedMode: boolean
  /** `OrtCompileApiFlags`. */
  readonly flags: number
  readonly graphOptimizationLevel: number
  readonly epContextBinary?: { readonly directory: string; readonly modelName: string }
  readonly weightless: boolean
}
