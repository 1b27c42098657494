// Device memory of a GPU, and pinned host memory, which the GPU reads and writes itself.
#pragma once

#include <cstdint>
#include <memory>

#include "cuda_device.h"

namespace device::cuda {

// Both throw ERR_CUDA_OUT_OF_MEMORY.
std::shared_ptr<Memory> AllocateDeviceMemory(CudaDevice& device, size_t bytes);
// Portable, so pinned for every GPU. Zeroed, because JavaScript sees it.
std::shared_ptr<Memory> AllocatePinnedMemory(CudaDevice& device, size_t bytes);

// Device memory, as another process opens it.
struct SharedHandle {
  char block[64];   // the driver's handle of the allocation
  uint64_t offset;  // in it
  uint64_t bytes;   // from there to its end
};
SharedHandle ShareDeviceMemory(CudaDevice& device, const void* data);
std::shared_ptr<Memory> OpenSharedMemory(CudaDevice& device, const SharedHandle& handle, size_t bytes);

}  // namespace device::cuda
