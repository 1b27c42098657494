#include "memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace fake_cuda {
namespace {

constexpr std::size_t kAlignment = 256;               // of CUDA
constexpr std::size_t kLimit = std::size_t{1} << 40;  // no size overflows when it is rounded up
constexpr std::size_t kFreedKept = 1024;
constexpr std::byte kFresh{0xCD};
constexpr std::byte kCanary{0xFD};

std::size_t RoundUp(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }
std::size_t Page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

bool IsCanary(std::byte value) { return value == kCanary; }

}  // namespace

Block* Memory::Allocate(Block::Kind kind, int device, std::size_t bytes) {
  if (bytes > kLimit) return nullptr;
  const std::size_t page = Page();
  const std::size_t pages = RoundUp(bytes, page);
  void* mapping =
      mmap(nullptr, pages + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) return nullptr;
  auto* first = static_cast<std::byte*>(mapping) + page;
  if (mprotect(first, pages, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapping, pages + 2 * page);
    return nullptr;
  }
  // As close to the guard page at the end as the alignment allows.
  auto* data = first + pages - RoundUp(bytes, kAlignment);
  std::fill(first, data, kCanary);
  std::fill_n(data, bytes, kFresh);
  std::fill(data + bytes, first + pages, kCanary);
  const Block block{kind, device, data, bytes, static_cast<std::byte*>(mapping), pages + 2 * page};
  return &blocks_.emplace(reinterpret_cast<std::uintptr_t>(data), block).first->second;
}

bool Memory::Share(Block& block) {
  if (block.file >= 0) return true;
  std::byte* const first = block.mapping + Page();
  const std::size_t pages = block.mapped - 2 * Page();
  const int file = memfd_create("fake-cuda", MFD_CLOEXEC);
  const std::vector<std::byte> contents(first, first + pages);
  if (file < 0 || ftruncate(file, static_cast<off_t>(pages)) != 0 ||
      mmap(first, pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) {
    return false;
  }
  std::copy(contents.begin(), contents.end(), first);
  block.file = file;
  return true;
}

Block* Memory::Open(const Block& other, const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  const std::size_t page = Page();
  const std::size_t pages = other.mapped - 2 * page;
  void* mapping = mmap(nullptr, other.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  auto* first = static_cast<std::byte*>(mapping) + page;
  mmap(first, pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
  Block block = other;
  block.data = first + (other.data - (other.mapping + page));
  block.mapping = static_cast<std::byte*>(mapping);
  block.file = file;
  block.foreign = true;
  return &blocks_.emplace(reinterpret_cast<std::uintptr_t>(block.data), block).first->second;
}

void Memory::Free(Block& block) {
  if (block.file >= 0) close(block.file);
  mprotect(block.mapping, block.mapped, PROT_NONE);
  madvise(block.mapping, block.mapped, MADV_DONTNEED);
  freed_.push_back(block);
  blocks_.erase(reinterpret_cast<std::uintptr_t>(block.data));
  if (freed_.size() <= kFreedKept) return;
  munmap(freed_.front().mapping, freed_.front().mapped);
  freed_.pop_front();
}

Block* Memory::Find(std::uintptr_t address) noexcept {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return nullptr;
  Block& block = std::prev(after)->second;
  return block.Contains(address) ? &block : nullptr;
}

Block* Memory::FindOverlap(std::uintptr_t address, std::size_t length) noexcept {
  if (Block* block = Find(address)) return block;
  const auto after = blocks_.upper_bound(address);
  return after != blocks_.end() && after->second.Overlaps(address, length) ? &after->second : nullptr;
}

bool Memory::OverlapsFreed(std::uintptr_t address, std::size_t length) const noexcept {
  return std::any_of(freed_.begin(), freed_.end(),
                     [&](const Block& block) { return block.Overlaps(address, length); });
}

std::optional<std::string> Memory::CheckCanaries(Block& block) {
  std::byte* const first = block.mapping + Page();
  std::byte* const last = block.mapping + block.mapped - Page();
  if (block.overrun) return std::nullopt;
  if (!std::all_of(block.data + block.bytes, last, IsCanary)) {
    block.overrun = true;
    return "written beyond the end of " + Describe(block);
  }
  if (!std::all_of(first, block.data, IsCanary)) {
    block.overrun = true;
    return "written before the start of " + Describe(block);
  }
  return std::nullopt;
}

void Memory::ForEach(const std::function<void(Block&)>& visit) {
  for (auto& [address, block] : blocks_) visit(block);
}

std::size_t Memory::Used(Block::Kind kind, int device) const noexcept {
  std::size_t used = 0;
  for (const auto& [address, block] : blocks_) {
    if (block.kind == kind && block.device == device) used += block.bytes;
  }
  return used;
}

std::string Describe(const Block& block) {
  return std::to_string(block.bytes) + " bytes of " +
         (block.kind == Block::Kind::kDevice ? "memory of device " + std::to_string(block.device)
                                             : std::string("pinned memory"));
}

}  // namespace fake_cuda
