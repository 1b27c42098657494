#include "host_memory.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "ort/error.h"

namespace device {
namespace {

// A cache line, and the alignment of ONNX Runtime's own allocator.
constexpr std::size_t kAlignment = 64;

std::atomic<std::size_t> live{0};

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
  std::size_t size = bytes + kAlignment;
  std::unique_ptr<void, decltype(&std::free)> block(nullptr, std::free);
  if (size > bytes) block.reset(fill == Fill::kZero ? std::calloc(1, size) : std::malloc(size));
  if (block == nullptr) {
    throw ort::Error("ERR_OUT_OF_MEMORY",
                     "cannot allocate " + std::to_string(bytes) + " bytes of host memory");
  }
  void* data = block.get();
  std::align(kAlignment, bytes, data, size);
  std::unique_ptr<HostMemory> memory(new HostMemory(block.get(), data, bytes));
  static_cast<void>(block.release());
  return memory;
}

std::size_t HostMemory::LiveCount() noexcept { return live; }

}  // namespace device
