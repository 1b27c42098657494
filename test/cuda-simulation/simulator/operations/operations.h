// What the instructions of architecture 75 do, by kind. Each function gives the handler of an instruction,
// with what it has found out of its modifiers in a, b and c, or null where the instruction is of another kind
// or not known.
#pragma once

#include "machine/registers.h"

namespace sim {

Handler FindMemoryHandler(Instr& i);
Handler FindIntegerHandler(Instr& i, const std::string& op);
Handler FindBitHandler(Instr& i, const std::string& op);
Handler FindFloatHandler(Instr& i, const std::string& op);
Handler FindDoubleHandler(Instr& i, const std::string& op);
Handler FindHalfHandler(Instr& i, const std::string& op);
Handler FindConversionHandler(Instr& i, const std::string& op);
Handler FindWarpHandler(Instr& i, const std::string& op);
Handler FindControlHandler(Instr& i, const std::string& op);

inline bool IsPredicate(const Operand& o) {
  return o.kind == Operand::Kind::kPred || o.kind == Operand::Kind::kUniformPred;
}

// How many predicates lie from that operand on.
unsigned CountPredicates(const Instr& i, std::size_t from);
inline std::uint32_t Bit(bool value, int lane) { return static_cast<std::uint32_t>(value) << lane; }

}  // namespace sim
