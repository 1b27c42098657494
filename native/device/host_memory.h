// Host memory: aligned to 64 bytes (a cache line, and what ONNX Runtime's kernels like best).
#pragma once

#include <memory>

#include "memory.h"

namespace device {

inline constexpr std::size_t kHostAlignment = 64;

class HostMemory final : public Memory {
 public:
  // Throws ERR_OUT_OF_MEMORY. An empty block still has an address. What JavaScript gets to see must be
  // zeroed.
  enum class Fill { kZero, kNone };
  static std::shared_ptr<HostMemory> Allocate(std::size_t bytes, Fill fill);
  ~HostMemory() override;

  // Blocks that exist now, for leak checks. Any thread.
  static std::size_t LiveCount() noexcept;

 private:
  HostMemory(void* block, void* data, std::size_t bytes) noexcept;
  void* block_;  // as it was allocated
};

}  // namespace device
