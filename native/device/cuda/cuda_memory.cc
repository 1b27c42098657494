#include "cuda_memory.h"

#include <algorithm>
#include <cstring>

namespace device::cuda {
namespace {

// The driver refuses to allocate 0 bytes, but an empty tensor needs an address.
size_t AtLeastOne(size_t bytes) { return std::max<size_t>(bytes, 1); }

// Freed in the context of its device.
class CudaMemory final : public Memory {
 public:
  using Free = void (*)(void* data);
  CudaMemory(CudaDevice& device, void* data, size_t bytes, Free free)
      : Memory(data, bytes), device_(device), free_(free) {}
  ~CudaMemory() override {
    const ContextScope scope(device_, std::nothrow);
    if (scope) free_(data());
  }

 private:
  CudaDevice& device_;
  const Free free_;
};

std::shared_ptr<Memory> Own(CudaDevice& device, void* data, size_t bytes, CudaMemory::Free free) {
  std::unique_ptr<void, CudaMemory::Free> freed(data, free);  // if its owner cannot be allocated
  auto memory = std::make_shared<CudaMemory>(device, data, bytes, free);
  static_cast<void>(freed.release());
  return memory;
}

// A part of another process's allocation, which is opened and closed as a whole.
class SharedPart final : public Memory {
 public:
  SharedPart(std::shared_ptr<Memory> block, size_t offset, size_t bytes)
      : Memory(static_cast<char*>(block->data()) + offset, bytes), block_(std::move(block)) {}

 private:
  const std::shared_ptr<Memory> block_;
};

}  // namespace

std::shared_ptr<Memory> AllocateDeviceMemory(CudaDevice& device, size_t bytes) {
  const ContextScope scope(device);
  CUdeviceptr memory = 0;
  device.Check(driver().cuMemAlloc_v2(&memory, AtLeastOne(bytes)), "cuMemAlloc");
  return Own(device, reinterpret_cast<void*>(memory), bytes,
             [](void* data) { driver().cuMemFree_v2(reinterpret_cast<CUdeviceptr>(data)); });
}

std::shared_ptr<Memory> AllocatePinnedMemory(CudaDevice& device, size_t bytes) {
  const ContextScope scope(device);
  void* memory = nullptr;
  device.Check(driver().cuMemHostAlloc(&memory, AtLeastOne(bytes),
                                       CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP),
               "cuMemHostAlloc");
  auto owned = Own(device, memory, bytes, [](void* data) { driver().cuMemFreeHost(data); });
  std::memset(memory, 0, bytes);
  return owned;
}

SharedHandle ShareDeviceMemory(CudaDevice& device, const void* data) {
  const ContextScope scope(device);
  const auto address = reinterpret_cast<CUdeviceptr>(data);
  CUdeviceptr block = 0;
  size_t bytes = 0;
  device.Check(driver().cuMemGetAddressRange_v2(&block, &bytes, address), "cuMemGetAddressRange");
  CUipcMemHandle handle{};
  device.Check(driver().cuIpcGetMemHandle(&handle, block), "cuIpcGetMemHandle");
  SharedHandle shared{};
  std::memcpy(shared.block, handle.reserved, sizeof shared.block);
  shared.offset = address - block;
  shared.bytes = bytes - shared.offset;
  return shared;
}

std::shared_ptr<Memory> OpenSharedMemory(CudaDevice& device, const SharedHandle& handle, size_t bytes) {
  const ContextScope scope(device);
  CUipcMemHandle block{};
  std::memcpy(block.reserved, handle.block, sizeof handle.block);
  CUdeviceptr memory = 0;
  device.Check(driver().cuIpcOpenMemHandle_v2(&memory, block, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS),
               "cuIpcOpenMemHandle");
  CUdeviceptr begin = 0;
  size_t length = handle.offset + handle.bytes;
  // The driver knows better than a handle that was damaged on its way.
  driver().cuMemGetAddressRange_v2(&begin, &length, memory);
  auto whole = Own(device, reinterpret_cast<void*>(memory), length,
                   [](void* data) { driver().cuIpcCloseMemHandle(reinterpret_cast<CUdeviceptr>(data)); });
  if (handle.offset > length || bytes > length - handle.offset) {
    throw ort::Error("ERR_INVALID_LENGTH", "the handle is of " + std::to_string(bytes) + " bytes from byte " +
                                               std::to_string(handle.offset) + " on, and its memory has " +
                                               std::to_string(length));
  }
  return std::make_shared<SharedPart>(std::move(whole), handle.offset, bytes);
}

}  // namespace device::cuda
