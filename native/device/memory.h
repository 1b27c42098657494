// A block of memory that the addon owns. A value, a run in flight and an ArrayBuffer share it.
#pragma once

#include <cstddef>

namespace device {

class Memory {
 public:
  virtual ~Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // For an OrtValue over the block. On some devices an opaque handle, not an address.
  void* data() const noexcept { return data_; }
  std::size_t bytes() const noexcept { return bytes_; }

 protected:
  Memory(void* data, std::size_t bytes) noexcept : data_(data), bytes_(bytes) {}

 private:
  void* data_;
  std::size_t bytes_;
};

}  // namespace device
