// Device memory of a GPU, and pinned host memory, which the GPU reads and writes itself.
#pragma once

#include <memory>

#include "cuda_device.h"

namespace device::cuda {

// Both throw ERR_CUDA_OUT_OF_MEMORY.
std::shared_ptr<Memory> AllocateDeviceMemory(CudaDevice& device, size_t bytes);
// Portable, so pinned for every GPU. Zeroed, because JavaScript sees it.
std::shared_ptr<Memory> AllocatePinnedMemory(CudaDevice& device, size_t bytes);

}  // namespace device::cuda
