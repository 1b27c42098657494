#include "device.h"

#include "device/cuda/cuda_device.h"
#include "ep_device.h"
#include "host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "ort/tensor.h"

namespace device {
namespace {

// Of this thread, which holds one device lock at most.
thread_local bool holds_lock = false;

}  // namespace

DeviceLock& DeviceLock::operator=(DeviceLock&& other) noexcept {
  Unlock();
  device_ = std::exchange(other.device_, nullptr);
  exclusive_ = other.exclusive_;
  return *this;
}

void DeviceLock::Unlock() noexcept {
  if (device_ == nullptr) return;
  Device& device = *std::exchange(device_, nullptr);
  holds_lock = false;
  device.Unlock(exclusive_);
  device.ReleaseDeferred();
}

DeviceLock Device::Lock(bool capture, const std::atomic<bool>& canceled) {
  // Whoever cancels cannot wake a thread that waits for a mutex.
  constexpr std::chrono::milliseconds kLook(5);
  const bool exclusive = capture || always_exclusive_;
  while (!(exclusive ? mutex_.try_lock_for(kLook) : mutex_.try_lock_shared_for(kLook))) {
    if (canceled) throw ort::Error("ERR_RUN_CANCELED", "the run was canceled while it waited for the device");
  }
  holds_lock = true;
  return {*this, exclusive};
}

DeviceLock Device::TryLock() {
  if (!(always_exclusive_ ? mutex_.try_lock() : mutex_.try_lock_shared())) return {};
  holds_lock = true;
  return {*this, always_exclusive_};
}

void Device::Release(DeferredRelease deferred) noexcept {
  try {
    const std::lock_guard lock(deferred_mutex_);
    deferred_.push_back(std::move(deferred));
  } catch (const std::bad_alloc&) {
    // What cannot be deferred waits for the device lock, unless this thread holds it.
    const DeviceLock lock = holds_lock ? DeviceLock() : Lock(false);
    ReleaseNow(deferred);
    return;
  }
  ReleaseDeferred();
}

void Device::ReleaseNow(DeferredRelease& deferred) const noexcept {
  deferred.binding.reset();
  deferred.value.reset();
  ReleaseOwn(deferred);
  if (deferred.released != nullptr) ort::api().ReleaseSession(deferred.released);
}

void Device::Unlock(bool exclusive) noexcept {
  if (exclusive) {
    mutex_.unlock();
  } else {
    mutex_.unlock_shared();
  }
}

// Release adds and then tries the device lock; whoever unlocks it then looks here. So one of two threads that
// do so at once sees the other.
void Device::ReleaseDeferred() noexcept {
  for (;;) {
    std::vector<DeferredRelease> deferred;
    {
      const std::lock_guard lock(deferred_mutex_);
      if (deferred_.empty()) return;
      if (!(always_exclusive_ ? mutex_.try_lock() : mutex_.try_lock_shared())) return;
      deferred.swap(deferred_);
    }
    bool sessions = false;
    for (DeferredRelease& one : deferred) {
      sessions = sessions || one.released != nullptr;
      ReleaseNow(one);
    }
    if (sessions) SessionsReleased();
    Unlock(always_exclusive_);
    // The sessions go now: they take a lock of their own.
  }
}

Device::MemoryUse Device::memory_use() {
  throw ort::Error("ERR_NOT_SUPPORTED", "the device '" + name_ + "' does not report its memory");
}

void Device::Zero(const TensorView& tensor) {
  if (tensor.bytes == 0) return;
  const auto zeros = HostMemory::Allocate(tensor.bytes, HostMemory::Fill::kZero);
  const std::vector<int64_t> dims{static_cast<int64_t>(tensor.bytes)};
  const auto value = [&](const OrtMemoryInfo* info, void* data) {
    return ort::TensorOver(info, data, tensor.bytes, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, dims);
  };
  const auto from = value(ort::CpuMemoryInfo(), zeros->data());
  const auto to = value(memory_info(), tensor.data);
  CopyIn({{from.get(), zeros->data(), tensor.bytes}, {to.get(), tensor.data, tensor.bytes}});
}

Device& Open(const std::string& name, int id, const Options& options) {
  if (name == "cuda") return cuda::CudaDevice::Open(id);
  if (name == "webgpu") return EpDevice::OpenWebGpu(options);
  return EpDevice::FindPlugin(name, id);
}

void DrainAll() noexcept { EpDevice::DrainAll(); }

Tensor MakeTensor(std::shared_ptr<Memory> memory, const OrtMemoryInfo* info, ONNXTensorElementDataType type,
                  const std::vector<int64_t>& dims) {
  Tensor tensor{std::move(memory), nullptr};
  tensor.value = ort::TensorOver(info, tensor.memory->data(), tensor.memory->bytes(), type, dims);
  return tensor;
}

Tensor MakeResult(Device& device, const OrtValue* tensor) {
  const ort::TensorShape shape = ort::Shape(tensor);
  auto memory = device.AllocateLocked(ort::ByteLength(shape.type, shape.dims));
  return MakeTensor(std::move(memory), device.memory_info(), shape.type, shape.dims);
}

Tensor MakeTensorLike(const OrtValue* tensor, std::shared_ptr<Memory> memory, const OrtMemoryInfo* info) {
  const ort::TensorShape shape = ort::Shape(tensor);
  return MakeTensor(std::move(memory), info, shape.type, shape.dims);
}

}  // namespace device
