// Addresses of an access, and its memory, checked.
#pragma once

#include "operations/operations.h"

namespace sim {

enum Space { kGlobal, kShared, kLocal, kGeneric };
// The memory of one lane's access; a fault where it may not be accessed.
std::uint8_t* At(Warp& w, const Instr& i, int lane, std::uint64_t address, unsigned bytes, unsigned space);
std::uint64_t OperandAddress(const Warp& w, const Instr& i, const Operand& o, int lane);

}  // namespace sim
