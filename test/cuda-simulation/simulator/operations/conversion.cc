// Conversions between integers and floats.
#include <algorithm>
#include <cfenv>
#include <cmath>
#include <unordered_map>

#include "operations/rounding.h"

namespace sim {
namespace {

std::uint32_t ReadPart(const Operand& o, std::uint32_t v, unsigned bits) {
  if (o.part >= 1 && o.part <= 4) v >>= 8 * (o.part - 1);
  if (o.part == 6) v >>= 16;
  return bits >= 32 ? v : v & ((1u << bits) - 1);
}

float Round(long double v, int mode) {
  auto f = static_cast<float>(v);
  if (mode == FE_UPWARD && static_cast<long double>(f) < v) f = std::nextafter(f, INFINITY);
  if (mode == FE_DOWNWARD && static_cast<long double>(f) > v) f = std::nextafter(f, -INFINITY);
  if (mode == FE_TOWARDZERO && std::fabs(static_cast<long double>(f)) > std::fabs(v))
    f = std::nextafter(f, 0.0f);
  return f;
}

// a: rounding; b: bits of the integer, signed where 256 is added; c: the float's
void I2f(Warp& w, const Instr& i, std::uint32_t mask) {
  const unsigned bits = i.b & 255;
  const bool is_signed = (i.b & 256) != 0;
  const Operand& o = i.operands[1];
  Lanes result;
  Doubles doubles;
  Wide wide;
  Lanes room;
  if (bits == 64) Pairs(w, i, o, wide);
  const Lanes& narrow = bits == 64 ? room : Ints(w, i, o, room);
  for (int l = 0; l < kLanes; ++l) {
    long double v;
    if (bits == 64) {
      v = is_signed ? static_cast<long double>(static_cast<std::int64_t>(wide[l]))
                    : static_cast<long double>(wide[l]);
    } else {
      const std::uint32_t part = ReadPart(o, narrow[l], bits);
      v = is_signed ? static_cast<long double>(static_cast<std::int32_t>(part << (32 - bits)) >> (32 - bits))
                    : static_cast<long double>(part);
    }
    if (i.c == 64)
      doubles[l] = static_cast<double>(v);
    else if (i.c == 16)
      result[l] = ToHalf(static_cast<float>(v));
    else
      result[l] = ToBits(Round(v, static_cast<int>(i.a)));
  }
  if (i.c == 64)
    WriteDoubles(w, i.operands[0], doubles, mask);
  else
    Write(w, i.operands[0], result, mask);
}

double RoundTo(double v, int mode) {
  switch (mode) {
    case FE_TOWARDZERO:
      return std::trunc(v);
    case FE_DOWNWARD:
      return std::floor(v);
    case FE_UPWARD:
      return std::ceil(v);
    default:
      return std::nearbyint(v);
  }
}

void ReadFloats(Warp& w, const Instr& i, const Operand& o, unsigned bits, Doubles& to) {
  if (bits == 64) return ReadDoubles(w, i, o, to);
  Lanes room;
  if (bits == 16) {
    const Lanes& raw = Raw(w, i, o, room);
    for (int l = 0; l < kLanes; ++l) {
      float v = FromHalf(static_cast<std::uint16_t>(o.halves == 2 || o.part == 6 ? raw[l] >> 16 : raw[l]));
      if (o.absolute) v = std::fabs(v);
      to[l] = static_cast<double>(o.negative ? -v : v);
    }
    return;
  }
  const Lanes& raw = FloatBits(w, i, o, room);
  for (int l = 0; l < kLanes; ++l) to[l] = static_cast<double>(FromBits(raw[l]));
}

void F2i(Warp& w, const Instr& i, std::uint32_t mask) {
  const unsigned bits = i.b & 255;
  const bool is_signed = (i.b & 256) != 0;
  Doubles in;
  ReadFloats(w, i, i.operands[1], i.c, in);
  Lanes result;
  Wide wide;
  for (int l = 0; l < kLanes; ++l) {
    const double v = RoundTo(in[l], static_cast<int>(i.a));
    std::uint64_t r;
    if (v != v) {
      r = bits == 64 ? std::uint64_t{1} << 63 : 0;
    } else if (is_signed) {
      const double low = -std::ldexp(1.0, static_cast<int>(bits) - 1),
                   high = std::ldexp(1.0, static_cast<int>(bits) - 1);
      r = v < low     ? static_cast<std::uint64_t>(static_cast<std::int64_t>(low))
          : v >= high ? (std::uint64_t{1} << (bits - 1)) - 1
                      : static_cast<std::uint64_t>(static_cast<std::int64_t>(v));
    } else {
      const double high = std::ldexp(1.0, static_cast<int>(bits));
      r = v <= 0      ? 0
          : v >= high ? (bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1)
                      : static_cast<std::uint64_t>(v);
    }
    wide[l] = r;
    result[l] = static_cast<std::uint32_t>(r);
  }
  if (bits == 64)
    WritePairs(w, i.operands[0], wide, mask);
  else
    Write(w, i.operands[0], result, mask);
}

// a: rounding; b: the source's bits; c: the target's
void F2f(Warp& w, const Instr& i, std::uint32_t mask) {
  Doubles in;
  ReadFloats(w, i, i.operands[1], i.b, in);
  if (i.op == "FRND") {
    for (double& v : in) v = RoundTo(v, static_cast<int>(i.a));
  }
  if (i.c == 64) return WriteDoubles(w, i.operands[0], in, mask);
  Lanes result;
  for (int l = 0; l < kLanes; ++l) {
    if (i.c == 16)
      result[l] = ToHalf(static_cast<float>(in[l]));
    else
      result[l] = ToBits(i.op == "FRND" ? static_cast<float>(in[l])
                                        : Round(static_cast<long double>(in[l]), static_cast<int>(i.a)));
  }
  Write(w, i.operands[0], result, mask);
}

unsigned IntegerBits(const Instr& i) {  // 256 more where it is signed
  static const auto& kBits =
      *new std::unordered_map<std::string, unsigned>{{"U8", 8},   {"S8", 264},  {"U16", 16}, {"S16", 272},
                                                     {"U32", 32}, {"S32", 288}, {"U64", 64}, {"S64", 320}};
  for (const auto& mod : i.mods) {
    if (const auto found = kBits.find(mod); found != kBits.end()) return found->second;
  }
  return 288;
}

}  // namespace

Handler FindConversionHandler(Instr& i, const std::string& op) {
  if (op == "I2F" || op == "F2I") {
    i.a = static_cast<unsigned>(ReadRounding(i));
    i.b = IntegerBits(i);
    i.c = i.Has("F64") ? 64 : i.Has("F16") ? 16 : 32;
    return op == "I2F" ? I2f : F2i;
  }
  if (op == "F2F" || op == "FRND") {
    // F2F.target.source; FRND has one type
    unsigned types[2] = {32, 32};
    int n = 0;
    for (const auto& mod : i.mods) {
      if (n < 2 && (mod == "F16" || mod == "F32" || mod == "F64"))
        types[n++] = static_cast<unsigned>(std::stoi(mod.substr(1)));
    }
    if (n == 1) types[1] = types[0];
    i.a = static_cast<unsigned>(ReadRounding(i));
    i.c = types[0];
    i.b = types[1];
    return F2f;
  }
  return nullptr;
}

}  // namespace sim
