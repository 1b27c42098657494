// Single precision.
#include <cfenv>
#include <unordered_map>

#include "operations/compare.h"
#include "operations/rounding.h"

namespace sim {
namespace {

void Fsetp(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb;
  const Lanes& a = FloatBits(w, i, i.operands[2], ra);
  const Lanes& b = FloatBits(w, i, i.operands[3], rb);
  const std::uint32_t with = Predicate(w, i.operands[4]);
  const bool ftz = i.b != 0;
  std::uint32_t result = 0;
  for (int l = 0; l < kLanes; ++l) {
    const float x = FromBits(a[l]), y = FromBits(b[l]);
    result |= Bit(Holds(static_cast<int>(i.a), ftz ? Flush(x) : x, ftz ? Flush(y) : y), l);
  }
  SetBoth(w, i, result, with, mask);
}

void Fset(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = FloatBits(w, i, i.operands[1], ra);
  const Lanes& b = FloatBits(w, i, i.operands[2], rb);
  const std::uint32_t with = Predicate(w, i.operands[3]);
  std::uint32_t bits = 0;
  for (int l = 0; l < kLanes; ++l)
    bits |= Bit(Holds(static_cast<int>(i.a), FromBits(a[l]), FromBits(b[l])), l);
  bits = Combine(i, bits, with);
  for (int l = 0; l < kLanes; ++l) result[l] = (bits >> l & 1) != 0 ? (i.Has("BF") ? 0x3f800000u : kAll) : 0;
  Write(w, i.operands[0], result, mask);
}

// a: rounding as <cfenv> has it; b: flushes; c: saturates
template <typename F>
void FloatOp(Warp& w, const Instr& i, std::uint32_t mask, int count, F f) {
  Lanes rooms[3], result;
  const Lanes* in[3] = {};
  for (int n = 0; n < count; ++n) in[n] = &FloatBits(w, i, i.operands[1 + n], rooms[n]);
  const bool directed = static_cast<int>(i.a) != FE_TONEAREST;
  if (directed) std::fesetround(static_cast<int>(i.a));
  for (int l = 0; l < kLanes; ++l) {
    float v[3] = {};
    for (int n = 0; n < count; ++n) {
      v[n] = FromBits((*in[n])[l]);
      if (i.b != 0) v[n] = Flush(v[n]);
    }
    float r = f(v);
    if (i.b != 0) r = Flush(r);
    if (i.c != 0) r = Saturate(r);
    result[l] = ToBits(r);
  }
  if (directed) std::fesetround(FE_TONEAREST);
  Write(w, i.operands[0], result, mask);
}

// Not inlined: the rounding mode must be in force when they run.
__attribute__((noinline)) float Add(float a, float b) { return a + b; }
__attribute__((noinline)) float Multiply(float a, float b) { return a * b; }
void Fadd(Warp& w, const Instr& i, std::uint32_t mask) {
  FloatOp(w, i, mask, 2, [](const float* v) { return Add(v[0], v[1]); });
}

void Fmul(Warp& w, const Instr& i, std::uint32_t mask) {
  FloatOp(w, i, mask, 2, [](const float* v) { return Multiply(v[0], v[1]); });
}

void Ffma(Warp& w, const Instr& i, std::uint32_t mask) {
  FloatOp(w, i, mask, 3, [](const float* v) { return std::fma(v[0], v[1], v[2]); });
}

void Fmnmx(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = FloatBits(w, i, i.operands[1], ra);
  const Lanes& b = FloatBits(w, i, i.operands[2], rb);
  const std::uint32_t p = Predicate(w, i.operands[3]);
  for (int l = 0; l < kLanes; ++l) {
    const float x = FromBits(a[l]), y = FromBits(b[l]);
    const bool min = (p >> l & 1) != 0;
    float r = x != x   ? y
              : y != y ? x
              : min    ? (x < y || (x == y && std::signbit(x)) ? x : y)
                       : (x > y || (x == y && !std::signbit(x)) ? x : y);
    if (x != x && y != y) r = FromBits(0x7fffffff);
    if (i.b != 0) r = Flush(r);
    result[l] = ToBits(r);
  }
  Write(w, i.operands[0], result, mask);
}

enum { kRcp, kRsq, kEx2, kLg2, kSin, kCos, kSqrt, kTanh, kRcp64h, kRsq64h };
void Mufu(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, result;
  const Lanes& a = FloatBits(w, i, i.operands[1], ra);
  constexpr double kTwoPi = 6.283185307179586;
  for (int l = 0; l < kLanes; ++l) {
    const double v = static_cast<double>(FromBits(a[l]));
    double r = 0;
    switch (i.a) {
      case kRcp:
        r = 1 / v;
        break;
      case kRsq:
        r = 1 / std::sqrt(v);
        break;
      case kEx2:
        r = std::exp2(v);
        break;
      case kLg2:
        r = std::log2(v);
        break;
      case kSin:
        r = std::sin(v * kTwoPi);
        break;
      case kCos:
        r = std::cos(v * kTwoPi);
        break;
      case kSqrt:
        r = std::sqrt(v);
        break;
      case kTanh:
        r = std::tanh(v);
        break;
      default: {
        const std::uint64_t bits = static_cast<std::uint64_t>(a[l]) << 32;
        double whole;
        std::memcpy(&whole, &bits, 8);
        whole = i.a == kRcp64h ? 1 / whole : 1 / std::sqrt(whole);
        std::uint64_t out;
        std::memcpy(&out, &whole, 8);
        result[l] = static_cast<std::uint32_t>(out >> 32);
        continue;
      }
    }
    result[l] = ToBits(static_cast<float>(r));
  }
  Write(w, i.operands[0], result, mask);
}

// Whether a division wants the slow way: where the quotient, or a step to it, may leave the normal numbers.
void Fchk(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb;
  const Lanes& a = FloatBits(w, i, i.operands[1], ra);
  const Lanes& b = FloatBits(w, i, i.operands[2], rb);
  std::uint32_t result = 0;
  for (int l = 0; l < kLanes; ++l) {
    const int x = static_cast<int>(a[l] >> 23 & 255), y = static_cast<int>(b[l] >> 23 & 255);
    const bool slow = x < 26 || x == 255 || y < 2 || y > 252 || x - y > 125 || x - y < -124;
    result |= Bit(slow, l);
  }
  WritePredicate(w, i.operands[0], result, mask);
}

}  // namespace

Handler FindFloatHandler(Instr& i, const std::string& op) {
  if (op == "FSETP") return i.a = static_cast<unsigned>(ReadCompare(i)), i.b = i.Has("FTZ"), Fsetp;
  if (op == "FSET") return i.a = static_cast<unsigned>(ReadCompare(i)), Fset;
  if (op == "FADD" || op == "FMUL" || op == "FFMA") {
    i.a = static_cast<unsigned>(ReadRounding(i));
    i.b = i.Has("FTZ");
    i.c = i.Has("SAT");
    return op == "FADD" ? Fadd : op == "FMUL" ? Fmul : Ffma;
  }
  if (op == "FMNMX") return i.b = i.Has("FTZ"), Fmnmx;
  if (op == "FCHK") return Fchk;
  if (op == "MUFU") {
    static const auto& kKinds = *new std::unordered_map<std::string, unsigned>{
        {"RCP", kRcp}, {"RSQ", kRsq},   {"EX2", kEx2},   {"LG2", kLg2},       {"SIN", kSin},
        {"COS", kCos}, {"SQRT", kSqrt}, {"TANH", kTanh}, {"RCP64H", kRcp64h}, {"RSQ64H", kRsq64h}};
    const auto found = kKinds.find(i.mods.empty() ? "" : i.mods[0]);
    if (found == kKinds.end()) return nullptr;
    return i.a = found->second, Mufu;
  }
  return nullptr;
}

}  // namespace sim
