// Host memory.
#pragma once

#include <memory>

#include "memory.h"

namespace device {

class HostMemory final : public Memory {
 public:
  // Throws ERR_OUT_OF_MEMORY. An empty block has an address too. Memory that JavaScript sees must be zeroed.
  enum class Fill { kZero, kNone };
  static std::shared_ptr<HostMemory> Allocate(std::size_t bytes, Fill fill);
  ~HostMemory() override;

  // The number of blocks, for leak checks. Any thread.
  static std::size_t LiveCount() noexcept;

 private:
  HostMemory(void* block, void* data, std::size_t bytes) noexcept;
  void* block_;  // as malloc returned it
};

}  // namespace device
