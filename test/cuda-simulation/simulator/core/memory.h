// Device memory is mapped twice: where its addresses point nobody may read or write (a host that does is
// killed, as with a GPU), and the simulator has a second view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "core/error.h"

namespace sim {

struct Block {
  enum class Kind { kDevice, kPinned, kGlobal };
  Kind kind;
  std::uintptr_t address;
  std::size_t bytes;
  int device;
  std::uint64_t number;
};

class SIM_API Memory {
 public:
  Memory();
  Block* AllocateDevice(std::size_t bytes, int device, Block::Kind kind = Block::Kind::kDevice);
  Block* AllocatePinned(std::size_t bytes, int device);
  void Free(std::uintptr_t address);
  Block* Find(std::uintptr_t address);  // the block that it lies in
  Block* FindOverlap(std::uintptr_t address, std::size_t bytes);
  bool IsArena(std::uintptr_t address) const { return address - base_ < size_; }
  // What the device sees there: a pointer that the simulator may use; null where the device would fault.
  std::uint8_t* Resolve(std::uintptr_t address, std::size_t bytes) {
    if (last_ != nullptr && address - last_->address < last_->bytes &&
        bytes <= last_->bytes - (address - last_->address)) [[likely]]
      return View(*last_, address);
    return ResolveSlow(address, bytes);
  }
  std::size_t Used(int device) const { return used_.count(device) ? used_.at(device) : 0; }
  std::size_t Count(Block::Kind kind) const;
  const std::map<std::uintptr_t, Block>& blocks() const { return blocks_; }

 private:
  std::uint8_t* View(const Block& block, std::uintptr_t address) const {
    return reinterpret_cast<std::uint8_t*>(block.kind == Block::Kind::kPinned ? address : address + delta_);
  }
  std::uint8_t* ResolveSlow(std::uintptr_t address, std::size_t bytes);
  std::uintptr_t base_ = 0;
  std::size_t size_ = 0;
  std::ptrdiff_t delta_ = 0;
  std::uintptr_t next_ = 0;
  int fd_ = -1;
  std::uint64_t numbers_ = 0;
  std::map<std::uintptr_t, Block> blocks_;
  std::map<int, std::size_t> used_;
  Block* last_ = nullptr;
};

}  // namespace sim
