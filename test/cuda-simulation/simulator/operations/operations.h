// What the instructions of architecture 75 do, by kind. Each function gives the handler of an instruction,
// with what it has found out of its modifiers in a, b and c, or null where the instruction is of another kind
// or not known.
#pragma once

#include "machine/registers.h"

namespace sim {

Handler MemoryHandlerOf(Instr& i);
Handler IntegerHandlerOf(Instr& i, const std::string& op);
Handler BitHandlerOf(Instr& i, const std::string& op);
Handler FloatHandlerOf(Instr& i, const std::string& op);
Handler DoubleHandlerOf(Instr& i, const std::string& op);
Handler HalfHandlerOf(Instr& i, const std::string& op);
Handler ConversionHandlerOf(Instr& i, const std::string& op);
Handler WarpHandlerOf(Instr& i, const std::string& op);
Handler ControlHandlerOf(Instr& i, const std::string& op);

inline bool IsPredicate(const Operand& o) {
  return o.kind == Operand::Kind::kPred || o.kind == Operand::Kind::kUniformPred;
}

// How many predicates lie from that operand on.
unsigned CountPredicates(const Instr& i, std::size_t from);
inline std::uint32_t Bit(bool value, int lane) { return static_cast<std::uint32_t>(value) << lane; }

}  // namespace sim
