// Half precision, and tensor cores.
#include <cmath>

#include "operations/compare.h"
#include "operations/rounding.h"

namespace sim {
namespace {

float ReadHalf(const Operand& o, std::uint32_t bits, int which) {
  const bool high = o.halves == 2 || (o.halves == 0 && which == 1);
  float v = o.halves == 3 ? FromBits(bits) : FromHalf(static_cast<std::uint16_t>(high ? bits >> 16 : bits));
  if (o.absolute) v = std::fabs(v);
  return o.negative ? -v : v;
}

// a: gives a float; c: saturates
template <typename F>
void HalfOp(Warp& w, const Instr& i, std::uint32_t mask, int count, F f) {
  Lanes rooms[3], result;
  const Lanes* in[3] = {};
  for (int n = 0; n < count; ++n) in[n] = &Raw(w, i, i.operands[1 + n], rooms[n]);
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t bits = 0;
    for (int which = 0; which < 2; ++which) {
      double v[3] = {};
      for (int n = 0; n < count; ++n)
        v[n] = static_cast<double>(ReadHalf(i.operands[1 + n], (*in[n])[l], which));
      float r = static_cast<float>(f(v));  // exact enough: a product of halves fits a float
      if (i.c != 0) r = Saturate(r);
      if (i.a != 0) {
        if (which == 0) bits = ToBits(r);
      } else {
        bits |= static_cast<std::uint32_t>(ToHalf(r)) << (16 * which);
      }
    }
    result[l] = bits;
  }
  Write(w, i.operands[0], result, mask);
}

void Hadd2(Warp& w, const Instr& i, std::uint32_t mask) {
  HalfOp(w, i, mask, 2, [](const double* v) { return v[0] + v[1]; });
}

void Hmul2(Warp& w, const Instr& i, std::uint32_t mask) {
  HalfOp(w, i, mask, 2, [](const double* v) { return v[0] * v[1]; });
}

void Hfma2(Warp& w, const Instr& i, std::uint32_t mask) {
  HalfOp(w, i, mask, 3, [](const double* v) { return v[0] * v[1] + v[2]; });
}

void Hsetp2(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb;
  const Lanes& a = Raw(w, i, i.operands[2], ra);
  const Lanes& b = Raw(w, i, i.operands[3], rb);
  const std::uint32_t with = Predicate(w, i.operands[4]);
  std::uint32_t result[2] = {0, 0};
  for (int which = 0; which < 2; ++which) {
    for (int l = 0; l < kLanes; ++l) {
      result[which] |= Bit(Holds(static_cast<int>(i.a), ReadHalf(i.operands[2], a[l], which),
                                 ReadHalf(i.operands[3], b[l], which)),
                           l);
    }
  }
  if (i.Has("H_AND")) result[0] &= result[1];
  WritePredicate(w, i.operands[0], Combine(i, result[0], with), mask);
  WritePredicate(w, i.operands[1], Combine(i, i.Has("H_AND") ? ~result[0] : result[1], with), mask);
}

void Hset2(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& b = Raw(w, i, i.operands[2], rb);
  const std::uint32_t with = Predicate(w, i.operands[3]);
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t bits = 0;
    for (int which = 0; which < 2; ++which) {
      const std::uint32_t holds = Bit(Holds(static_cast<int>(i.a), ReadHalf(i.operands[1], a[l], which),
                                            ReadHalf(i.operands[2], b[l], which)),
                                      l);
      if ((Combine(i, holds, with) >> l & 1) != 0) bits |= (i.Has("BF") ? 0x3c00u : 0xffffu) << (16 * which);
    }
    result[l] = bits;
  }
  Write(w, i.operands[0], result, mask);
}

// Tensor cores: 16x8 = 16x8 times 8x8, plus 16x8. a: sums are floats, else halves
void Hmma(Warp& w, const Instr& i, std::uint32_t mask) {
  const int a = i.operands[1].index, b = i.operands[2].index, c = i.operands[3].index;
  float left[16][8], right[8][8], sums[16][8];
  const auto half = [](std::uint32_t bits, int which) {
    return FromHalf(static_cast<std::uint16_t>(which != 0 ? bits >> 16 : bits));
  };
  for (int l = 0; l < kLanes; ++l) {
    const int row = l / 4, column = l % 4 * 2;
    for (int which = 0; which < 2; ++which) {
      left[row][column + which] = half(a == 255 ? 0 : w.r[a][l], which);
      left[row + 8][column + which] = half(a == 255 ? 0 : w.r[a + 1][l], which);
      right[column + which][row] = half(b == 255 ? 0 : w.r[b][l], which);
      for (int low = 0; low < 2; ++low) {
        float& sum = sums[row + 8 * low][column + which];
        if (c == 255)
          sum = 0;
        else
          sum = i.a != 0 ? FromBits(w.r[c + 2 * low + which][l]) : half(w.r[c + low][l], which);
      }
    }
  }
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) {
      for (int k = 0; k < 8; ++k) sums[row][column] += left[row][k] * right[k][column];
    }
  }
  const int d = i.operands[0].index;
  Lanes result[4];
  for (int l = 0; l < kLanes; ++l) {
    const int row = l / 4, column = l % 4 * 2;
    for (int low = 0; low < 2; ++low) {
      const float* at = &sums[row + 8 * low][column];
      if (i.a != 0) {
        result[2 * low][l] = ToBits(at[0]);
        result[2 * low + 1][l] = ToBits(at[1]);
      } else {
        result[low][l] = ToHalf(at[0]) | static_cast<std::uint32_t>(ToHalf(at[1])) << 16;
      }
    }
  }
  for (int n = 0; n < (i.a != 0 ? 4 : 2); ++n) Write(w, d + n, false, result[n], mask);
}

}  // namespace

Handler FindHalfHandler(Instr& i, const std::string& op) {
  if (op == "HSETP2") return i.a = static_cast<unsigned>(ReadCompare(i)), Hsetp2;
  if (op == "HSET2") return i.a = static_cast<unsigned>(ReadCompare(i)), Hset2;
  if (op == "HADD2" || op == "HMUL2" || op == "HFMA2") {
    if (i.Has("BF16_V2")) return nullptr;
    i.a = i.Has("F32");
    i.c = i.Has("SAT");
    return op == "HADD2" ? Hadd2 : op == "HMUL2" ? Hmul2 : Hfma2;
  }
  if (op == "HMMA") return i.Has("1688") ? (i.a = i.Has("F32"), Hmma) : nullptr;
  return nullptr;
}

}  // namespace sim
