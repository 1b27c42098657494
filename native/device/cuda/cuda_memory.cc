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

}  // namespace device::cuda
