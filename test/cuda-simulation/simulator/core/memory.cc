#include "core/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace sim {
namespace {

constexpr std::size_t kArena = std::size_t{256} << 30;  // of addresses: they are not used again
constexpr std::size_t kAlign = 512;
constexpr std::size_t kGap = 4096;
constexpr unsigned char kGarbage = 0xCB;  // what new memory holds: a NaN-free, noticeable float
std::size_t RoundUp(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

Memory::Memory() {
  fd_ = memfd_create("cudasim", MFD_CLOEXEC);
  if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(kArena)) != 0) std::abort();
  void* addresses = mmap(nullptr, kArena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  void* view = mmap(nullptr, kArena, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_, 0);
  if (addresses == MAP_FAILED || view == MAP_FAILED) std::abort();
  madvise(view, kArena, MADV_DONTFORK);
  base_ = reinterpret_cast<std::uintptr_t>(addresses);
  size_ = kArena;
  delta_ = static_cast<std::ptrdiff_t>(reinterpret_cast<std::uintptr_t>(view) - base_);
  next_ = base_;
}

Block* Memory::AllocateDevice(std::size_t bytes, int device, Block::Kind kind) {
  const std::uintptr_t address = RoundUp(next_, kAlign);
  if (address + bytes + kGap > base_ + size_) return nullptr;
  next_ = address + bytes + kGap;
  Block& block = blocks_[address];
  block = {kind, address, bytes, device, ++numbers_};
  if (kind == Block::Kind::kDevice) used_[device] += bytes;
  std::memset(View(block, address), kGarbage, bytes);
  return &block;
}

Block* Memory::AllocatePinned(std::size_t bytes, int device) {
  const std::size_t page = 4096;
  const std::size_t body = RoundUp(bytes, page);
  void* all = mmap(nullptr, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  auto* first = static_cast<std::uint8_t*>(all) + page;
  if (mprotect(first, body, PROT_READ | PROT_WRITE) != 0) return nullptr;
  std::memset(first, kGarbage, body);
  const auto address = reinterpret_cast<std::uintptr_t>(first);
  Block& block = blocks_[address];
  block = {Block::Kind::kPinned, address, bytes, device, ++numbers_};
  return &block;
}

void Memory::Free(std::uintptr_t address) {
  const auto found = blocks_.find(address);
  const Block& block = found->second;
  last_ = nullptr;
  if (block.kind == Block::Kind::kPinned) {
    const std::size_t page = 4096;
    munmap(reinterpret_cast<std::uint8_t*>(address) - page, RoundUp(block.bytes, page) + 2 * page);
  } else {
    used_[block.device] -= block.bytes;
    const auto offset = static_cast<off_t>(RoundUp(address - base_, 4096));
    const auto end = static_cast<off_t>((address - base_ + block.bytes) / 4096 * 4096);
    if (end > offset) fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, end - offset);
  }
  blocks_.erase(found);
}

Block* Memory::Find(std::uintptr_t address) {
  auto next = blocks_.upper_bound(address);
  if (next == blocks_.begin()) return nullptr;
  Block& block = std::prev(next)->second;
  return address - block.address < std::max<std::size_t>(block.bytes, 1) ? &block : nullptr;
}

Block* Memory::FindOverlap(std::uintptr_t address, std::size_t bytes) {
  if (Block* block = Find(address)) return block;
  const auto next = blocks_.upper_bound(address);
  return next != blocks_.end() && next->first - address < bytes ? &next->second : nullptr;
}

std::uint8_t* Memory::ResolveSlow(std::uintptr_t address, std::size_t bytes) {
  Block* block = Find(address);
  if (block == nullptr || bytes > block->bytes - (address - block->address)) return nullptr;
  last_ = block;
  return View(*block, address);
}

std::size_t Memory::Count(Block::Kind kind) const {
  return static_cast<std::size_t>(
      std::count_if(blocks_.begin(), blocks_.end(), [kind](const auto& b) { return b.second.kind == kind; }));
}

}  // namespace sim
