#include "machine/scheduling.h"

#include <algorithm>

namespace sim {

// A lane waits at a convergence barrier until all that take part wait there too, have left it, or ended.
void Release(Warp& w) {
  for (int l = 0; l < kLanes; ++l) {
    if (w.lane[l] == LaneState::kSyncs) {
      const std::uint32_t mask = w.barriers[w.waits_on[l]][l];
      bool all = true;
      for (int other = 0; other < kLanes && all; ++other) {
        if ((mask >> other & 1) == 0 || other == l) continue;
        all = w.lane[other] == LaneState::kExited ||
              (w.lane[other] == LaneState::kSyncs && w.waits_on[other] == w.waits_on[l] &&
               w.pc[other] == w.pc[l]);
      }
      if (!all) continue;
      const std::uint8_t barrier = w.waits_on[l];
      const std::uint32_t at = w.pc[l];
      for (int other = 0; other < kLanes; ++other) {
        if ((mask >> other & 1) == 0 && other != l) continue;
        if (w.lane[other] == LaneState::kSyncs && w.waits_on[other] == barrier && w.pc[other] == at) {
          w.lane[other] = LaneState::kRuns;
          w.pc[other] += 16;
        }
      }
    } else if (w.lane[l] == LaneState::kWarpSync) {
      bool all = true;
      for (int other = 0; other < kLanes && all; ++other) {
        if ((w.sync_mask[l] >> other & 1) == 0 || (w.present >> other & 1) == 0) continue;
        all = w.lane[other] == LaneState::kExited ||
              (w.lane[other] == LaneState::kWarpSync && w.pc[other] == w.pc[l]);
      }
      if (!all) continue;
      const std::uint32_t mask = w.sync_mask[l];
      const std::uint32_t at = w.pc[l];
      for (int other = 0; other < kLanes; ++other) {
        if ((mask >> other & 1) != 0 && w.lane[other] == LaneState::kWarpSync && w.pc[other] == at) {
          w.lane[other] = LaneState::kRuns;
          w.pc[other] += 16;
        }
      }
    }
  }
}

namespace {

// The lanes that have the lowest program counter; none where all wait or have ended.
std::uint32_t Choose(Warp& w, std::uint32_t& lowest) {
  std::uint32_t mask = 0;
  std::uint32_t next = kAll;  // another group, for a lane that yields
  lowest = kAll;
  for (int l = 0; l < kLanes; ++l) {
    if ((w.present >> l & 1) == 0 || w.lane[l] != LaneState::kRuns) continue;
    if (w.pc[l] < lowest) {
      next = lowest;
      lowest = w.pc[l];
      mask = 1u << l;
    } else if (w.pc[l] == lowest) {
      mask |= 1u << l;
    } else {
      next = std::min(next, w.pc[l]);
    }
  }
  if (w.yielded && next != kAll) {
    lowest = next;
    mask = 0;
    for (int l = 0; l < kLanes; ++l) {
      if ((w.present >> l & 1) != 0 && w.lane[l] == LaneState::kRuns && w.pc[l] == lowest) mask |= 1u << l;
    }
  }
  w.yielded = false;
  return mask;
}

void FindTogether(Warp& w) {
  std::uint32_t live = 0;
  bool same = true;
  std::uint32_t at = kAll;
  for (int l = 0; l < kLanes; ++l) {
    if ((w.present >> l & 1) == 0 || w.lane[l] == LaneState::kExited) continue;
    if (w.lane[l] != LaneState::kRuns || (live != 0 && w.pc[l] != at)) {
      same = false;
      break;
    }
    at = w.pc[l];
    live |= 1u << l;
  }
  w.together = same && live != 0;
  w.live = live;
  w.at = at;
}

}  // namespace

// One instruction; false where no lane can go on.
bool Step(Warp& w) {
  const auto& instructions = w.cta->program->instructions;
  std::uint32_t at = w.at;
  const std::uint32_t mask = w.together ? w.live : Choose(w, at);
  if (mask == 0) return false;
  if (at / 16 >= instructions.size())
    throw Error{CUDA_ERROR_ILLEGAL_INSTRUCTION, "beyond the end of " + w.cta->kernel->name};
  const Instr& instr = instructions[at / 16];
  w.active = mask;
  if (instr.handler == nullptr)
    Fault(w, instr, CUDA_ERROR_ILLEGAL_INSTRUCTION, "an instruction that is not simulated");
  const std::uint32_t executing =
      instr.guard.kind == Operand::Kind::kNone ? mask : mask & Predicate(w, instr.guard);
  ++w.steps;
  if (w.together && !instr.control) {
    w.at = at + 16;
    if (executing != 0) instr.handler(w, instr, executing);
    return true;
  }
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) != 0) w.pc[l] = at + 16;
  }
  if (executing != 0) instr.handler(w, instr, executing);
  // A group that goes round and round may wait for one that has no turn.
  if (w.steps % kTurn == 0) w.yielded = true;
  FindTogether(w);
  return true;
}

}  // namespace sim
