// Operands of an instruction, from their text.
#pragma once

#include "machine/instruction.h"

namespace sim {

// As what an instruction reads its operands.
enum class Reads { kInteger, kFloat, kHalves, kDouble };
Operand ParseOperand(std::string text, Reads reads, const std::string& all);
std::int32_t ParseInteger(const std::string& s);
[[noreturn]] void NotDecoded(const std::string& text);

}  // namespace sim
