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
  int device;  // of the context of the allocation
  std::byte* data;
  std::size_t bytes;
  std::byte* mapping;  // from the first guard page to the last
  std::size_t mapped;
  bool overrun = false;  // reported once
  int file = -1;         // of what other processes may open
  bool foreign = false;  // another process's

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
  // Null when the memory is exhausted.
  Block* Allocate(Block::Kind kind, int device, std::size_t bytes);
  // The pages stay reserved for a while, without access: a late use ends the process.
  void Free(Block& block);

  // Another process opens the block by this process's file: its contents move there.
  bool Share(Block& block);
  // The block of another process, by its file; null: there is none.
  Block* Open(const Block& other, const std::string& path);

  // The block that contains the address.
  Block* Find(std::uintptr_t address) noexcept;
  // A block that overlaps the range.
  Block* FindOverlap(std::uintptr_t address, std::size_t length) noexcept;
  bool OverlapsFreed(std::uintptr_t address, std::size_t length) const noexcept;

  // Traces of a write beyond the end or before the start that no guard page stopped.
  std::optional<std::string> CheckCanaries(Block& block);
  void ForEach(const std::function<void(Block&)>& visit);

  std::size_t Used(Block::Kind kind, int device) const noexcept;

 private:
  std::map<std::uintptr_t, Block> blocks_;  // by address
  std::deque<Block> freed_;
};

std::string Describe(const Block& block);

}  // namespace fake_cuda
