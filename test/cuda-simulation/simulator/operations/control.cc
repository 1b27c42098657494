// Branches, convergence barriers and barriers of the block.
#include "operations/operations.h"

namespace sim {
namespace {

using Kind = Operand::Kind;
template <typename F>
void Each(std::uint32_t mask, F f) {
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) != 0) f(l);
  }
}

void Nop(Warp&, const Instr&, std::uint32_t) {}
void Bra(Warp& w, const Instr& i, std::uint32_t mask) {
  for (const Operand& o : i.operands) {
    if (IsPredicate(o)) mask &= Predicate(w, o);
  }
  Each(mask, [&](int l) { w.pc[l] = i.target; });
}

void BraDiv(Warp& w, const Instr& i, std::uint32_t mask) {
  if (mask == kAll) return;
  Each(mask, [&](int l) { w.pc[l] = i.target; });
}

void Ret(Warp& w, const Instr& i, std::uint32_t mask) {
  Each(mask, [&](int l) { w.pc[l] = w.r[i.operands[0].index][l] + i.target; });
}

void Exit(Warp& w, const Instr& i, std::uint32_t mask) {
  for (const Operand& o : i.operands) {
    if (IsPredicate(o)) mask &= Predicate(w, o);
  }
  Each(mask, [&](int l) { w.lane[l] = LaneState::kExited; });
}

void Bssy(Warp& w, const Instr& i, std::uint32_t mask) {
  Each(mask, [&](int l) { w.barriers[i.operands[0].index][l] = mask; });
}

void Bsync(Warp& w, const Instr& i, std::uint32_t mask) {
  const int barrier = i.operands[0].index;
  // Where all that take part are here, nobody waits.
  if (w.barriers[barrier][First(mask)] == mask) return;
  Each(mask, [&](int l) {
    w.lane[l] = LaneState::kSyncs;
    w.waits_on[l] = static_cast<std::uint8_t>(barrier);
    w.pc[l] = i.pc;
  });
}

void Break(Warp& w, const Instr& i, std::uint32_t mask) {
  for (const Operand& o : i.operands) {
    if (IsPredicate(o)) mask &= Predicate(w, o);
  }
  const Operand& barrier = i.operands.back();
  for (auto& members : w.barriers[barrier.index]) members &= ~mask;
}

void Bmov(Warp& w, const Instr& i, std::uint32_t mask) {
  const Operand& to = i.operands[0];
  const Operand& from = i.operands[1];
  if (to.kind == Kind::kBarrier) {
    Lanes room;
    const Lanes values = Raw(w, i, from, room);
    Each(mask, [&](int l) { w.barriers[to.index][l] = values[l]; });
    return;
  }
  const Lanes values = w.barriers[from.index];
  Write(w, to, values, mask);
  if (i.Has("CLEAR")) Each(mask, [&](int l) { w.barriers[from.index][l] = 0; });
}

void Warpsync(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes room;
  room.fill(kAll);
  const Lanes members = i.operands.empty() ? room : Raw(w, i, i.operands[0], room);
  Each(mask, [&](int l) {
    w.lane[l] = LaneState::kWarpSync;
    w.sync_mask[l] = members[l];
    w.pc[l] = i.pc;
  });
}

void Yield(Warp& w, const Instr&, std::uint32_t) { w.yielded = true; }
void Bar(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes room, counts{};
  const Lanes ids = i.operands.empty() ? Lanes{} : Raw(w, i, i.operands[0], room);
  std::uint32_t offered = 0;
  for (std::size_t n = 1; n < i.operands.size(); ++n) {
    if (IsPredicate(i.operands[n]))
      offered = Predicate(w, i.operands[n]);
    else
      counts = Raw(w, i, i.operands[n], room);
  }
  if (i.Has("ARV")) Fault(w, i, CUDA_ERROR_ILLEGAL_INSTRUCTION, "an arrival without a wait");
  Each(mask, [&](int l) {
    w.lane[l] = LaneState::kBarrier;
    w.waits_on[l] = static_cast<std::uint8_t>(ids[l] & 15);
    w.expected[l] = counts[l];
    w.offered[l] = static_cast<std::uint8_t>(offered >> l & 1);
    w.reduced_count = i.Has("AND") ? 2 : i.Has("OR") ? 1 : 0;
  });
}

// What the last reduction over the block gave. `expected` holds how many took part.
void B2r(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes result;
  result.fill(w.reduced_count);
  if (!IsPredicate(i.operands[0])) Write(w, i.operands[0], result, mask);
  const Operand& p = i.operands.back();
  if (!IsPredicate(p)) return;
  std::uint32_t bits = 0;
  Each(mask,
       [&](int l) { bits |= Bit(i.a != 0 ? w.reduced_count == w.expected[l] : w.reduced_count != 0, l); });
  WritePredicate(w, p, bits, mask);
}

}  // namespace

Handler FindControlHandler(Instr& i, const std::string& op) {
  if (op == "BRA") return i.Has("DIV") ? BraDiv : i.Has("CONV") ? nullptr : Bra;
  if (op == "CALL") return i.Has("REL") && i.operands.empty() ? Bra : nullptr;
  if (op == "RET") return Ret;
  if (op == "EXIT") return Exit;
  if (op == "BSSY") return Bssy;
  if (op == "BSYNC") return Bsync;
  if (op == "BREAK") return Break;
  if (op == "BMOV") return Bmov;
  if (op == "WARPSYNC") return Warpsync;
  if (op == "YIELD" || op == "NANOSLEEP") return Yield;
  if (op == "BAR") return Bar;
  if (op == "B2R") return B2r;
  if (op == "NOP" || op == "MEMBAR" || op == "ERRBAR" || op == "DEPBAR" || op == "CCTL" || op == "CCTLL" ||
      op == "PREFETCH" || op == "WARPSYNC")
    return Nop;
  return nullptr;
}

}  // namespace sim
