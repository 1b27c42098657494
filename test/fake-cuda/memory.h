// Device and pinned memory: host memory between guard pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace fake_cuda {

struct Block {
  enum class Kind { kDevice, kPinned };
  Kind kind;
  int device;  // of the context it was allocated in
  std::byte* data;
  std::size_t bytes;
  std::byte* mapping;  // from the first guard page to the last
  std::size_t mapped;
  bool overrun = false;  // reported once

  bool Contains(std::uintptr_t address) const noexcept {
    const auto first = reinterpret_cast<std::uintptr_t>(data);
    return address >= first && address - first < bytes;
  }
  bool Overlaps(std::uintptr_t address, std::size_t length) const noexcept {
    const auto first = reinterpret_cast<std::uintptr_t>(data);
    return address < first + bytes && first < address + length;
  }
};

// Under the mutex of the state.
class Memory {
 public:
  // Null when there is no more.
  Block* Allocate(Block::Kind kind, int device, std::size_t bytes);
  // The pages stay reserved for a while, without access: a late use ends the process instead of going unseen.
  void Free(Block& block);

  // The block that has this address in it.
  Block* Find(std::uintptr_t address) noexcept;
  // What the range touches, be it only in part.
  Block* FindOverlap(std::uintptr_t address, std::size_t length) noexcept;
  bool OverlapsFreed(std::uintptr_t address, std::size_t length) const noexcept;

  // What a write beyond the end (or before the start) has left, where the guard pages were too far off to
  // stop it.
  std::optional<std::string> CheckCanaries(Block& block);
  void ForEach(const std::function<void(Block&)>& visit);

  std::size_t Used(Block::Kind kind, int device) const noexcept;

 private:
  std::map<std::uintptr_t, Block> blocks_;  // by address
  std::deque<Block> freed_;
};

std::string Describe(const Block& block);

}  // namespace fake_cuda
