// Host memory that the addon owns: aligned to 64 bytes (a cache line, and what ONNX Runtime's kernels like
// best), and shared, because a value, a run in flight and an ArrayBuffer may each be the last to need it.
#pragma once

#include <cstddef>
#include <memory>

namespace device {

inline constexpr std::size_t kHostAlignment = 64;

class HostMemory {
 public:
  // Throws ERR_OUT_OF_MEMORY. An empty block still has an address. What JavaScript gets to see must be
  // zeroed.
  enum class Fill { kZero, kNone };
  static std::shared_ptr<HostMemory> Allocate(std::size_t bytes, Fill fill);
  ~HostMemory();
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;

  void* data() const noexcept { return data_; }
  std::size_t bytes() const noexcept { return bytes_; }

  // Blocks that exist now, for leak checks. Any thread.
  static std::size_t LiveCount() noexcept;

 private:
  HostMemory(void* block, std::size_t bytes) noexcept;
  void* block_;  // as it was allocated
  void* data_;   // aligned
  std::size_t bytes_;
};

}  // namespace device
