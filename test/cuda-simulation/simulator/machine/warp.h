// The state of a warp while a kernel is executed, and how an instruction's operands are read and written.
#pragma once

#include <array>
#include <memory>

#include "machine/instruction.h"
#include "machine/module.h"

namespace sim {

inline constexpr int kLanes = 32;
inline constexpr std::uint32_t kAll = 0xffffffffu;
inline constexpr std::uint64_t kSharedWindow =
    0x800001000000ull;  // where generic addresses find shared memory
inline constexpr std::uint64_t kLocalWindow = 0x800002000000ull;

struct Cta {
  const Kernel* kernel = nullptr;
  const Program* program = nullptr;
  const Launch* launch = nullptr;
  unsigned index[3] = {0, 0, 0};
  std::vector<std::uint8_t> shared;
  std::string bank0;
  std::vector<std::unique_ptr<Warp>> warps;
};

enum class LaneState : std::uint8_t { kRuns, kSyncs, kBarrier, kWarpSync, kExited };

struct Warp {
  Cta* cta = nullptr;
  unsigned number = 0;
  std::array<std::array<std::uint32_t, kLanes>, 256> r;
  std::array<std::uint32_t, 8> p{};
  std::array<std::uint32_t, 64> ur{};
  std::array<std::uint32_t, 8> up{};
  std::array<std::array<std::uint32_t, kLanes>, 16>
      barriers{};  // convergence barriers: who takes part, by lane
  std::array<std::uint32_t, kLanes> pc{};
  std::array<LaneState, kLanes> lane{};
  std::array<std::uint8_t, kLanes> waits_on{};  // convergence barrier, or the block's barrier
  std::array<std::uint32_t, kLanes> sync_mask{};
  std::array<std::uint32_t, kLanes> expected{};  // threads, of the block's barrier; 0: all
  std::array<std::uint8_t, kLanes> offered{};    // of a reduction over the block
  std::uint32_t present = 0;                     // lanes that there are
  std::uint32_t active = 0;                      // lanes that execute the instruction
  bool together = false;  // all that live are at `at`, and none waits: pc is not kept then
  std::uint32_t at = 0;
  std::uint32_t live = 0;
  std::uint32_t reduced_count = 0;
  bool yielded = false;
  std::uint64_t steps = 0;
  std::vector<std::vector<std::uint8_t>> local;

  std::uint32_t Live() const {
    std::uint32_t mask = 0;
    for (int i = 0; i < kLanes; ++i) {
      if ((present >> i & 1) != 0 && lane[i] != LaneState::kExited) mask |= 1u << i;
    }
    return mask;
  }
};

using Lanes = std::array<std::uint32_t, kLanes>;
using Wide = std::array<std::uint64_t, kLanes>;
using Doubles = std::array<double, kLanes>;
[[noreturn]] void Fault(const Warp& w, const Instr& i, CUresult code, const std::string& text);
inline int First(std::uint32_t mask) { return mask != 0 ? __builtin_ctz(mask) : 0; }

}  // namespace sim
