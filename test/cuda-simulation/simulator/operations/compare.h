// Comparisons, as the set instructions name them.
#pragma once

#include "operations/operations.h"

namespace sim {

enum Compare { kF, kLt, kEq, kLe, kGt, kNe, kGe, kNum, kNan, kLtu, kEqu, kLeu, kGtu, kNeu, kGeu, kT };
int ReadCompare(const Instr& i);
template <typename T>
bool Holds(int compare, T a, T b) {
  const bool unordered = a != a || b != b;
  switch (compare) {
    case kF:
      return false;
    case kLt:
      return a < b;
    case kEq:
      return a == b;
    case kLe:
      return a <= b;
    case kGt:
      return a > b;
    case kNe:
      return !unordered && a != b;
    case kGe:
      return a >= b;
    case kNum:
      return !unordered;
    case kNan:
      return unordered;
    case kLtu:
      return unordered || a < b;
    case kEqu:
      return unordered || a == b;
    case kLeu:
      return unordered || a <= b;
    case kGtu:
      return unordered || a > b;
    case kNeu:
      return unordered || a != b;
    case kGeu:
      return unordered || a >= b;
    default:
      return true;
  }
}

// Two predicates: the result, and its opposite, each combined with another predicate.
std::uint32_t Combine(const Instr& i, std::uint32_t one, std::uint32_t other);
void SetBoth(Warp& w, const Instr& i, std::uint32_t result, std::uint32_t with, std::uint32_t mask);

}  // namespace sim
