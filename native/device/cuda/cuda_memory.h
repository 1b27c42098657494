// Device memory of a GPU, and pinned host memory, which the GPU reads and writes itself.
#pragma once

#include <memory>

#include "cuda_device.h"

namespace device::cuda {

class DeviceMemory final : public Memory {
 public:
  // Throws ERR_CUDA_OUT_OF_MEMORY.
  static std::shared_ptr<DeviceMemory> Allocate(CudaDevice& device, size_t bytes);
  ~DeviceMemory() override;

 private:
  DeviceMemory(CudaDevice& device, CUdeviceptr memory, size_t bytes)
      : Memory(reinterpret_cast<void*>(memory), bytes), device_(device) {}
  CudaDevice& device_;
};

// Portable, so pinned for every GPU. Zeroed, because JavaScript sees it.
class PinnedMemory final : public Memory {
 public:
  // Throws ERR_CUDA_OUT_OF_MEMORY.
  static std::shared_ptr<PinnedMemory> Allocate(CudaDevice& device, size_t bytes);
  ~PinnedMemory() override;

 private:
  PinnedMemory(CudaDevice& device, void* memory, size_t bytes) : Memory(memory, bytes), device_(device) {}
  CudaDevice& device_;
};

}  // namespace device::cuda
