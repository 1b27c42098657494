/** ONNX Runtime's execution providers. */

export interface KnownProvider {
  /** ONNX Runtime's own name of it. */
  readonly ortName: string
  /** The device whose memory its sessions use; absent: host memory, which ONNX Runtime copies where it must. */
  readonly device?: 'cuda' | 'webgpu'
  /** Where a library or a plugin with it is found. */
  readonly source: string
}

const inBrowsers = 'onnxruntime-web, in browsers, has it'
const ownBuild = (flag: string) => `no package has it: build ONNX Runtime with ${flag}`

/** By their short names: onnxruntime-common's, and ONNX Runtime's names in lower case. */
export const PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  cpu: { ortName: 'CPUExecutionProvider', source: 'every library has it' },
  cuda: {
    ortName: 'CUDAExecutionProvider',
    device: 'cuda',
    source: "PyPI's onnxruntime-gpu and onnxruntime-node's install script have it",
  },
  webgpu: {
    ortName: 'WebGpuExecutionProvider',
    device: 'webgpu',
    source: "onnxruntime-node has it, and PyPI's onnxruntime-ep-webgpu as a plugin",
  },
  tensorrt: {
    ortName: 'TensorrtExecutionProvider',
    source:
      "PyPI's onnxruntime-gpu and onnxruntime-node's install script have it; it needs NVIDIA's TensorRT",
  },
  nvtensorrtrtx: {
    ortName: 'NvTensorRTRTXExecutionProvider',
    source: "PyPI's onnxruntime-ep-nv-tensorrt-rtx has it as a plugin",
  },
  openvino: {
    ortName: 'OpenVINOExecutionProvider',
    source: "PyPI's onnxruntime-ep-openvino has it as a plugin, onnxruntime-openvino built in",
  },
  qnn: { ortName: 'QNNExecutionProvider', source: "PyPI's onnxruntime-qnn has it" },
  dml: {
    ortName: 'DmlExecutionProvider',
    source: "onnxruntime-node on Windows has it, and PyPI's onnxruntime-directml",
  },
  coreml: { ortName: 'CoreMLExecutionProvider', source: 'onnxruntime-node on macOS has it' },
  xnnpack: { ortName: 'XnnpackExecutionProvider', source: ownBuild('--use_xnnpack') },
  nnapi: { ortName: 'NnapiExecutionProvider', source: 'onnxruntime-react-native, on Android, has it' },
  migraphx: { ortName: 'MIGraphXExecutionProvider', source: "PyPI's onnxruntime-migraphx has it" },
  vitisai: { ortName: 'VitisAIExecutionProvider', source: "AMD's Ryzen AI software has it" },
  cann: { ortName: 'CANNExecutionProvider', source: "PyPI's onnxruntime-cann has it" },
  azure: { ortName: 'AzureExecutionProvider', source: "PyPI's onnxruntime has it on Linux and Windows" },
  acl: { ortName: 'ACLExecutionProvider', source: ownBuild('--use_acl') },
  dnnl: { ortName: 'DnnlExecutionProvider', source: ownBuild('--use_dnnl') },
  rknpu: { ortName: 'RknpuExecutionProvider', source: ownBuild('--use_rknpu') },
  snpe: { ortName: 'SNPEExecutionProvider', source: ownBuild('--use_snpe') },
  vsinpu: { ortName: 'VSINPUExecutionProvider', source: ownBuild('--use_vsinpu') },
  wasm: { ortName: 'WasmExecutionProvider', source: inBrowsers },
  webgl: { ortName: 'WebGLExecutionProvider', source: inBrowsers },
  webnn: { ortName: 'WebNNExecutionProvider', source: inBrowsers },
  js: { ortName: 'JsExecutionProvider', source: inBrowsers },
}

/** The short name of a provider, which may be given as ONNX Runtime's own; undefined: ONNX Runtime has none of that name. */
export function shortName(name: string): string | undefined {
  if (Object.hasOwn(PROVIDERS, name)) return name
  return Object.keys(PROVIDERS).find((short) => PROVIDERS[short]!.ortName === name)
}
