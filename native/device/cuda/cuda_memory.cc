#include "cuda_memory.h"

#include <algorithm>
#include <cstring>

namespace device::cuda {
namespace {

// The driver refuses to allocate 0 bytes, but an empty tensor needs an address.
size_t AtLeastOne(size_t bytes) { return std::max<size_t>(bytes, 1); }

}  // namespace

std::shared_ptr<DeviceMemory> DeviceMemory::Allocate(CudaDevice& device, size_t bytes) {
  const ContextScope scope(device);
  CUdeviceptr memory = 0;
  device.Check(driver().cuMemAlloc_v2(&memory, AtLeastOne(bytes)), "cuMemAlloc");
  return std::shared_ptr<DeviceMemory>(new DeviceMemory(device, memory, bytes));
}

DeviceMemory::~DeviceMemory() {
  const ContextScope scope(device_, std::nothrow);
  if (scope) driver().cuMemFree_v2(reinterpret_cast<CUdeviceptr>(data()));
}

std::shared_ptr<PinnedMemory> PinnedMemory::Allocate(CudaDevice& device, size_t bytes) {
  const ContextScope scope(device);
  void* memory = nullptr;
  device.Check(driver().cuMemHostAlloc(&memory, AtLeastOne(bytes),
                                       CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP),
               "cuMemHostAlloc");
  std::memset(memory, 0, bytes);
  return std::shared_ptr<PinnedMemory>(new PinnedMemory(device, memory, bytes));
}

PinnedMemory::~PinnedMemory() {
  const ContextScope scope(device_, std::nothrow);
  if (scope) driver().cuMemFreeHost(data());
}

}  // namespace device::cuda
