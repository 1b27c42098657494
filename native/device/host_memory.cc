#include "host_memory.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <string>

#include "../ort/error.h"

namespace device {
namespace {
std::atomic<std::size_t> live{0};
}

HostMemory::HostMemory(void* data, std::size_t bytes) noexcept : data_(data), bytes_(bytes) { ++live; }

HostMemory::~HostMemory() {
  ::operator delete(data_, std::align_val_t(kHostAlignment));
  --live;
}

std::shared_ptr<HostMemory> HostMemory::Allocate(std::size_t bytes, Fill fill) {
  const std::size_t size = std::max(bytes, kHostAlignment);
  void* data = ::operator new(size, std::align_val_t(kHostAlignment), std::nothrow);
  if (data == nullptr) {
    throw ort::Error("ERR_OUT_OF_MEMORY",
                     "cannot allocate " + std::to_string(bytes) + " bytes of host memory");
  }
  if (fill == Fill::kZero) std::memset(data, 0, size);
  return std::shared_ptr<HostMemory>(new HostMemory(data, bytes));
}

std::size_t HostMemory::LiveCount() noexcept { return live; }

}  // namespace device
