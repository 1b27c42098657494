#include "operations/operations.h"

#include <cfenv>
#include <unordered_map>

#include "operations/compare.h"
#include "operations/rounding.h"

namespace sim {

unsigned CountPredicates(const Instr& i, std::size_t from) {
  unsigned n = 0;
  while (from + n < i.operands.size() && IsPredicate(i.operands[from + n])) ++n;
  return n;
}

int ReadCompare(const Instr& i) {
  static const auto& kNames = *new std::unordered_map<std::string, int>{
      {"F", kF},     {"LT", kLt},   {"EQ", kEq},   {"LE", kLe},   {"GT", kGt},   {"NE", kNe},
      {"GE", kGe},   {"NUM", kNum}, {"NAN", kNan}, {"LTU", kLtu}, {"EQU", kEqu}, {"LEU", kLeu},
      {"GTU", kGtu}, {"NEU", kNeu}, {"GEU", kGeu}, {"T", kT}};
  for (const auto& mod : i.mods) {
    if (const auto found = kNames.find(mod); found != kNames.end()) return found->second;
  }
  return -1;
}

std::uint32_t Combine(const Instr& i, std::uint32_t one, std::uint32_t other) {
  if (i.Has("OR")) return one | other;
  if (i.Has("XOR")) return one ^ other;
  return one & other;
}

void SetBoth(Warp& w, const Instr& i, std::uint32_t result, std::uint32_t with, std::uint32_t mask) {
  WritePredicate(w, i.operands[0], Combine(i, result, with), mask);
  WritePredicate(w, i.operands[1], Combine(i, ~result, with), mask);
}

int ReadRounding(const Instr& i) {
  if (i.Has("RZ") || i.Has("TRUNC")) return FE_TOWARDZERO;
  if (i.Has("RM") || i.Has("FLOOR")) return FE_DOWNWARD;
  if (i.Has("RP") || i.Has("CEIL")) return FE_UPWARD;
  return FE_TONEAREST;
}

Handler FindHandler(Instr& i) {
  std::string op = i.op;
  for (const char* name : {"BRA", "CALL", "RET", "EXIT", "BSYNC", "WARPSYNC", "BAR", "YIELD", "NANOSLEEP"}) {
    if (op == name) i.control = true;
  }
  if (op.size() > 1 && op[0] == 'U' && op != "UNKNOWN") {  // the uniform path does as the other does
    static const char* const kUniform[] = {"UIADD3", "UIMAD", "ULEA",  "ULOP3",  "UMOV",
                                           "USHF",   "USEL",  "UPRMT", "UISETP", "UPLOP3",
                                           "UPOPC",  "UFLO",  "UBREV", "UBMSK",  "USGXT"};
    for (const char* name : kUniform) {
      if (op == name) op = op.substr(1);
    }
  }
  if (Handler memory = FindMemoryHandler(i)) return memory;
  for (const auto kind : {FindIntegerHandler, FindBitHandler, FindFloatHandler, FindDoubleHandler,
                          FindHalfHandler, FindConversionHandler, FindWarpHandler, FindControlHandler}) {
    if (Handler handler = kind(i, op)) return handler;
  }
  return nullptr;
}

}  // namespace sim
