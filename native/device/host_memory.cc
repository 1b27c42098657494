#include "host_memory.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "ort/error.h"

namespace device {
namespace {

std::atomic<std::size_t> live{0};

void* Align(void* block, std::size_t bytes) noexcept {
  std::size_t space = bytes + kHostAlignment;
  return std::align(kHostAlignment, bytes, block, space);
}

}  // namespace

HostMemory::HostMemory(void* block, void* data, std::size_t bytes) noexcept
    : Memory(data, bytes), block_(block) {
  ++live;
}

HostMemory::~HostMemory() {
  std::free(block_);
  --live;
}

std::shared_ptr<HostMemory> HostMemory::Allocate(std::size_t bytes, Fill fill) {
  // Aligned by hand: glibc does not reuse what an aligned allocation has freed, and calloc gets large blocks
  // that are zeroed already.
  const std::size_t size = bytes + kHostAlignment;
  void* block = nullptr;
  if (size > bytes) block = fill == Fill::kZero ? std::calloc(1, size) : std::malloc(size);
  if (block == nullptr) {
    throw ort::Error("ERR_OUT_OF_MEMORY",
                     "cannot allocate " + std::to_string(bytes) + " bytes of host memory");
  }
  return std::shared_ptr<HostMemory>(new HostMemory(block, Align(block, bytes), bytes));
}

std::size_t HostMemory::LiveCount() noexcept { return live; }

}  // namespace device
