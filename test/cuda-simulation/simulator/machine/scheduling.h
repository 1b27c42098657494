// Which lanes of a warp execute next.
#pragma once

#include "machine/registers.h"

namespace sim {

inline constexpr std::uint64_t kTurn = 20'000;  // instructions before another warp has its turn
// Releases lanes whose convergence barrier, or warp synchronization, is complete.
void Release(Warp& w);
// Executes one instruction; false where no lane can continue.
bool Step(Warp& w);

}  // namespace sim
