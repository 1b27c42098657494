#include "shared.h"

#include <cstring>

#include "convert.h"
#include "device/cuda/cuda_memory.h"
#include "ort/element_type.h"
#include "value.h"
#include "value/buffer.h"

using device::cuda::CudaDevice;
using device::cuda::SharedHandle;

// shareMemory(value: EngineValue): ArrayBuffer - cuIpcGetMemHandle
Napi::Value ShareMemory(const Napi::CallbackInfo& info) {
  const ValueState& state = *Value::State(info[0]);
  auto* const cuda = state.OnDevice() ? dynamic_cast<CudaDevice*>(state.device) : nullptr;
  if (cuda == nullptr) {
    throw ort::Error("ERR_NOT_SUPPORTED", "only memory of an NVIDIA GPU can be shared with other processes");
  }
  // An empty view may begin where another allocation does.
  if (state.bytes == 0) throw ort::Error("ERR_NOT_SUPPORTED", "an empty tensor has no memory to share");
  const SharedHandle handle = device::cuda::ShareDeviceMemory(*cuda, state.data);
  Napi::ArrayBuffer buffer = NewArrayBuffer(info.Env(), sizeof handle);
  std::memcpy(buffer.Data(), &handle, sizeof handle);
  return buffer;
}

// openSharedMemory(type: number, dims: number[], id: number, handle: Uint8Array): EngineValue -
// cuIpcOpenMemHandle
Napi::Value OpenSharedMemory(const Napi::CallbackInfo& info) {
  const ONNXTensorElementDataType type = ToElementType(info[0]);
  const std::vector<int64_t> dims = ToDims(info[1]);
  const size_t bytes = ort::ByteLength(type, dims);
  SharedHandle handle{};
  const Bytes given = ToBytes(info[3]);
  if (given.length != sizeof handle) {
    throw ort::Error("ERR_INVALID_LENGTH", "a handle has " + std::to_string(sizeof handle) + " bytes, got " +
                                               std::to_string(given.length));
  }
  std::memcpy(&handle, given.data, sizeof handle);
  if (bytes > handle.bytes) {
    throw ort::Error("ERR_INVALID_LENGTH", "the memory of the handle has " + std::to_string(handle.bytes) +
                                               " bytes, and the tensor " + std::to_string(bytes));
  }
  CudaDevice& cuda = CudaDevice::Open(info[2].As<Napi::Number>().Int32Value());
  const device::Tensor tensor =
      device::MakeTensor(device::cuda::OpenSharedMemory(cuda, handle, bytes), cuda.memory_info(), type, dims);
  return Value::Over(info.Env(), tensor, {&cuda, false});
}
