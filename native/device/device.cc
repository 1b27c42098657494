#include "device.h"

#include "device/cuda/cuda_device.h"
#include "ep_device.h"
#include "host_memory.h"
#include "ort/environment.h"

namespace device {

Device::MemoryUse Device::memory_use() {
  throw ort::Error("ERR_NOT_SUPPORTED", "the device '" + name_ + "' does not tell how much memory it has");
}

DeviceLock& DeviceLock::operator=(DeviceLock&& other) noexcept {
  Leave();
  device_ = std::exchange(other.device_, nullptr);
  shared_ = std::move(other.shared_);
  exclusive_ = std::move(other.exclusive_);
  return *this;
}

void DeviceLock::Leave() noexcept {
  if (device_ == nullptr) return;
  shared_ = {};
  exclusive_ = {};
  std::exchange(device_, nullptr)->ReleaseDeferred();
}

void Device::Release(DeferredRelease deferred) noexcept {
  {
    const std::lock_guard lock(deferred_mutex_);
    deferred_.push_back(std::move(deferred));
  }
  ReleaseDeferred();
}

// Whoever puts deferred there tries for the turn after it, and whoever ends a turn looks for deferred after
// it: one of the two sees the other.
void Device::ReleaseDeferred() noexcept {
  for (;;) {
    std::vector<DeferredRelease> deferred;
    std::unique_lock<DeviceMutex> exclusive;
    std::shared_lock<DeviceMutex> shared;
    {
      const std::lock_guard lock(deferred_mutex_);
      if (deferred_.empty() || !TryLock(exclusive, shared)) return;
      deferred.swap(deferred_);
    }
    for (DeferredRelease& one : deferred) ReleaseLocked(one);
    exclusive = {};
    shared = {};
    // Sessions that go now, after the turn, have one of their own.
  }
}

bool Device::CopyAcross(const Copy&, Device&) { return false; }

void Device::Zero(const TensorView& tensor) {
  if (tensor.bytes == 0) return;
  const auto zeros = HostMemory::Allocate(tensor.bytes, HostMemory::Fill::kZero);
  const int64_t length = static_cast<int64_t>(tensor.bytes);
  const auto value = ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue,
                                                   ort::CpuMemoryInfo(), zeros->data(), tensor.bytes, &length,
                                                   size_t{1}, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8);
  const auto target =
      ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue, memory_info(), tensor.data,
                                    tensor.bytes, &length, size_t{1}, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8);
  CopyIn({{value.get(), zeros->data(), tensor.bytes}, {target.get(), tensor.data, tensor.bytes}});
}

Device& Open(const std::string& name, int id, const Options& options) {
  if (name == "cuda") return cuda::CudaDevice::Open(id);
  if (name == "webgpu") return EpDevice::OpenWebGpu(options);
  throw ort::Error("ERR_INVALID_ARG_VALUE", "there is no device '" + name + "'");
}

void DrainAll() noexcept { EpDevice::DrainWebGpu(); }

Tensor MakeTensor(std::shared_ptr<Memory> memory, const OrtMemoryInfo* info, ONNXTensorElementDataType type,
                  const std::vector<int64_t>& dims) {
  Tensor tensor;
  tensor.value =
      ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue, info, memory->data(),
                                    memory->bytes(), dims.data(), dims.size(), type);
  tensor.memory = std::move(memory);
  return tensor;
}

}  // namespace device
