// Double precision.
#include <cfenv>
#include <cmath>

#include "operations/compare.h"
#include "operations/rounding.h"

namespace sim {
namespace {

template <typename F>
void DoubleOp(Warp& w, const Instr& i, std::uint32_t mask, int count, F f) {
  Doubles in[3], result;
  for (int n = 0; n < count; ++n) ReadDoubles(w, i, i.operands[1 + n], in[n]);
  const bool directed = static_cast<int>(i.a) != FE_TONEAREST;
  if (directed) std::fesetround(static_cast<int>(i.a));
  for (int l = 0; l < kLanes; ++l) {
    const double v[3] = {in[0][l], count > 1 ? in[1][l] : 0, count > 2 ? in[2][l] : 0};
    result[l] = f(v);
  }
  if (directed) std::fesetround(FE_TONEAREST);
  WriteDoubles(w, i.operands[0], result, mask);
}

__attribute__((noinline)) double Add(double a, double b) { return a + b; }
__attribute__((noinline)) double Multiply(double a, double b) { return a * b; }
void Dadd(Warp& w, const Instr& i, std::uint32_t mask) {
  DoubleOp(w, i, mask, 2, [](const double* v) { return Add(v[0], v[1]); });
}

void Dmul(Warp& w, const Instr& i, std::uint32_t mask) {
  DoubleOp(w, i, mask, 2, [](const double* v) { return Multiply(v[0], v[1]); });
}

void Dfma(Warp& w, const Instr& i, std::uint32_t mask) {
  DoubleOp(w, i, mask, 3, [](const double* v) { return std::fma(v[0], v[1], v[2]); });
}

void Dsetp(Warp& w, const Instr& i, std::uint32_t mask) {
  Doubles a, b;
  ReadDoubles(w, i, i.operands[2], a);
  ReadDoubles(w, i, i.operands[3], b);
  std::uint32_t result = 0;
  for (int l = 0; l < kLanes; ++l) result |= Bit(Holds(static_cast<int>(i.a), a[l], b[l]), l);
  SetBoth(w, i, result, Predicate(w, i.operands[4]), mask);
}

}  // namespace

Handler FindDoubleHandler(Instr& i, const std::string& op) {
  if (op == "DSETP") return i.a = static_cast<unsigned>(ReadCompare(i)), Dsetp;
  if (op == "DADD" || op == "DMUL" || op == "DFMA")
    return i.a = static_cast<unsigned>(ReadRounding(i)), op == "DADD" ? Dadd : op == "DMUL" ? Dmul : Dfma;
  return nullptr;
}

}  // namespace sim
