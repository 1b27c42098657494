// Copies and fills, from and to device, pinned and pageable memory.
#include <cstring>

#include "core/state.h"

namespace sim {

// Of an address: the device's (a view), pinned, or the host's own.
std::uint8_t* State::HostSide(const void* address, std::size_t bytes, bool& pinned) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  pinned = false;
  Block* block = memory.FindOverlap(first, bytes);
  if (block == nullptr) {
    if (memory.IsArena(first)) return nullptr;
    return reinterpret_cast<std::uint8_t*>(first);
  }
  pinned = true;
  return memory.Resolve(first, bytes);
}

void State::Copy(Stream& stream, void* to, const void* from, std::size_t bytes, bool synchronous) {
  if (bytes == 0) return;
  bool to_known = false;
  bool from_known = false;
  if (HostSide(to, bytes, to_known) == nullptr) {
    Violation(Format("a copy of %zu bytes to %p, which is not (wholly) allocated", bytes, to));
    throw Error{CUDA_ERROR_INVALID_VALUE, "the copy's target"};
  }
  if (HostSide(from, bytes, from_known) == nullptr) {
    Violation(Format("a copy of %zu bytes from %p, which is not (wholly) allocated", bytes, from));
    throw Error{CUDA_ERROR_INVALID_VALUE, "the copy's source"};
  }
  // At the time of the copy the memory may be gone.
  const auto copy = [this, to, from, bytes] {
    bool known = false;
    std::uint8_t* target = HostSide(to, bytes, known);
    const std::uint8_t* source = HostSide(from, bytes, known);
    if (target == nullptr || source == nullptr)
      throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, "a copy over freed memory"};
    std::memmove(target, source, bytes);
  };
  const std::string what = Format("copy %zu", bytes);
  if (from_known || stream.capture != nullptr) {
    Submit(stream, what, copy, from, to, bytes);
  } else {
    // Pageable memory is read before the call returns.
    const auto* source = static_cast<const std::uint8_t*>(from);
    auto staged = std::make_shared<std::vector<std::uint8_t>>(source, source + bytes);
    Submit(stream, what, [this, to, staged] {
      bool known = false;
      std::uint8_t* target = HostSide(to, staged->size(), known);
      if (target == nullptr) throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, "a copy to freed memory"};
      std::memcpy(target, staged->data(), staged->size());
    });
  }
  if (stream.capture == nullptr && (synchronous || !to_known)) Synchronize(stream);
}

void State::Copy2D(Stream& stream, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                   std::size_t width, std::size_t height) {
  if (width == 0 || height == 0) return;
  const auto copy = [=, this] {
    for (std::size_t row = 0; row < height; ++row) {
      bool known = false;
      auto* target = HostSide(static_cast<std::uint8_t*>(to) + row * to_pitch, width, known);
      const auto* source = HostSide(static_cast<const std::uint8_t*>(from) + row * from_pitch, width, known);
      if (target == nullptr || source == nullptr) throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, "a copy of rows"};
      std::memmove(target, source, width);
    }
  };
  Submit(stream, Format("copy2d %zux%zu", width, height), copy);
  bool known = false;
  HostSide(to, 1, known);
  if (!known && stream.capture == nullptr) Synchronize(stream);
}

void State::Fill(Stream& stream, void* to, int value, std::size_t bytes) {
  if (bytes == 0) return;
  if (memory.Resolve(reinterpret_cast<std::uintptr_t>(to), bytes) == nullptr) {
    Violation(Format("a fill of %zu bytes at %p, which is not (wholly) allocated", bytes, to));
    throw Error{CUDA_ERROR_INVALID_VALUE, "the fill's target"};
  }
  Submit(stream, Format("fill %zu", bytes), [this, to, value, bytes] {
    std::uint8_t* target = memory.Resolve(reinterpret_cast<std::uintptr_t>(to), bytes);
    if (target == nullptr) throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, "a fill of freed memory"};
    std::memset(target, value, bytes);
  });
}

}  // namespace sim
