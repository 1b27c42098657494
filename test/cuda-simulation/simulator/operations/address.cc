#include "operations/address.h"

namespace sim {

std::uint8_t* At(Warp& w, const Instr& i, int lane, std::uint64_t address, unsigned bytes, unsigned space) {
  if (space == kGeneric) {
    if (address >= kSharedWindow && address < kSharedWindow + (1u << 24))
      space = kShared, address -= kSharedWindow;
    else if (address >= kLocalWindow && address < kLocalWindow + (1u << 24))
      space = kLocal, address -= kLocalWindow;
    else
      space = kGlobal;
  }
  if (address % bytes != 0)
    Fault(w, i, CUDA_ERROR_MISALIGNED_ADDRESS,
          Format("lane %d: %#llx", lane, static_cast<unsigned long long>(address)));
  if (space == kShared) {
    auto& shared = w.cta->shared;
    if (address + bytes > shared.size())
      Fault(w, i, CUDA_ERROR_ILLEGAL_ADDRESS,
            Format("lane %d: shared memory at %#llx of %zu", lane, static_cast<unsigned long long>(address),
                   shared.size()));
    return shared.data() + address;
  }
  if (space == kLocal) {
    auto& local = w.local[static_cast<std::size_t>(lane)];
    if (local.empty()) local.resize(w.cta->kernel->local_bytes + 1024 + 64, 0xCB);
    if (address + bytes > local.size())
      Fault(w, i, CUDA_ERROR_ILLEGAL_ADDRESS,
            Format("lane %d: local memory at %#llx of %zu", lane, static_cast<unsigned long long>(address),
                   local.size()));
    return local.data() + address;
  }
  std::uint8_t* view = state().memory.Resolve(address, bytes);
  if (view == nullptr)
    Fault(w, i, CUDA_ERROR_ILLEGAL_ADDRESS,
          Format("lane %d: %u bytes at %#llx", lane, bytes, static_cast<unsigned long long>(address)));
  return view;
}

std::uint64_t OperandAddress(const Warp& w, const Instr& i, const Operand& o, int lane) {
  const bool extended = i.Has("E");
  std::uint64_t address = 0;
  if (o.reg >= 0 && o.reg != 255) {
    address = w.r[o.reg][lane];
    if (o.wide || (extended && !o.narrow && o.uniform < 0))
      address |= static_cast<std::uint64_t>(w.r[o.reg + 1][lane]) << 32;
    address *= o.scale;
  }
  if (o.uniform >= 0) {
    address += w.ur[o.uniform];
    if (extended) address += static_cast<std::uint64_t>(w.ur[o.uniform + 1]) << 32;
  }
  address += static_cast<std::uint64_t>(static_cast<std::int64_t>(o.offset));
  return extended ? address : address & 0xffffffff;
}

}  // namespace sim
