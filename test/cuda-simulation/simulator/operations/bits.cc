// Logic, shifts, moves and choices of bits.
#include <algorithm>

#include "operations/operations.h"

namespace sim {
namespace {

std::uint32_t Lut3(std::uint32_t a, std::uint32_t b, std::uint32_t c, unsigned lut) {
  std::uint32_t r = 0;
  for (unsigned k = 0; k < 8; ++k) {
    if ((lut >> k & 1) == 0) continue;
    r |= ((k & 4) != 0 ? a : ~a) & ((k & 2) != 0 ? b : ~b) & ((k & 1) != 0 ? c : ~c);
  }
  return r;
}

// a: predicates before the register
void Lop3(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t d = i.a;
  Lanes ra, rb, rc, result;
  const Lanes& a = Ints(w, i, i.operands[d + 1], ra);
  const Lanes& b = Ints(w, i, i.operands[d + 2], rb);
  const Lanes& c = Ints(w, i, i.operands[d + 3], rc);
  const unsigned lut = i.operands[d + 4].bits;
  std::uint32_t some = 0;
  for (int l = 0; l < kLanes; ++l) {
    result[l] = Lut3(a[l], b[l], c[l], lut);
    some |= Bit(result[l] != 0, l);
  }
  Write(w, i.operands[d], result, mask);
  if (d == 0) return;
  const std::uint32_t in = d + 5 < i.operands.size() ? Predicate(w, i.operands[d + 5]) : 0;
  WritePredicate(w, i.operands[0], i.Has("PAND") ? some & in : some | in, mask);
}

void Plop3(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::uint32_t a = Predicate(w, i.operands[2]);
  const std::uint32_t b = Predicate(w, i.operands[3]);
  const std::uint32_t c = Predicate(w, i.operands[4]);
  const std::uint32_t one = Lut3(a, b, c, i.operands[5].bits);
  const std::uint32_t other = Lut3(a, b, c, i.operands.size() > 6 ? i.operands[6].bits : 0);
  WritePredicate(w, i.operands[0], one, mask);
  WritePredicate(w, i.operands[1], other, mask);
}

// a: 1 left, 2 high, 4 signed, 8 wraps, 16 of 64 bits
void Shf(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rs, rc, result;
  const Lanes& a = Ints(w, i, i.operands[1], ra);
  const Lanes& s = Ints(w, i, i.operands[2], rs);
  const Lanes& c = Ints(w, i, i.operands[3], rc);
  const bool left = (i.a & 1) != 0, high = (i.a & 2) != 0, is_signed = (i.a & 4) != 0, wraps = (i.a & 8) != 0,
             wide = (i.a & 16) != 0;
  const unsigned limit = wide ? 64 : 32;
  for (int l = 0; l < kLanes; ++l) {
    const unsigned shift = wraps ? s[l] & (limit - 1) : std::min<std::uint32_t>(s[l], limit);
    if (left) {
      const std::uint64_t pair = a[l] | static_cast<std::uint64_t>(c[l]) << 32;
      const std::uint64_t shifted = shift >= 64 ? 0 : pair << shift;
      result[l] = static_cast<std::uint32_t>(high ? shifted >> 32 : shifted);
    } else {
      const std::uint64_t pair = a[l] | static_cast<std::uint64_t>(c[l]) << 32;
      const std::uint64_t shifted =
          is_signed     ? static_cast<std::uint64_t>(static_cast<std::int64_t>(pair) >> std::min(shift, 63u))
          : shift >= 64 ? 0
                        : pair >> shift;
      result[l] = static_cast<std::uint32_t>(high ? shifted >> 32 : shifted);
    }
  }
  Write(w, i.operands[0], result, mask);
}

void Mov(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes room;
  const Lanes& from = Ints(w, i, i.operands[1], room);
  if (&from == &room) {
    Write(w, i.operands[0], room, mask);
  } else {
    const Lanes copy = from;
    Write(w, i.operands[0], copy, mask);
  }
}

void Select(Warp& w, const Instr& i, std::uint32_t mask, bool is_float) {
  Lanes ra, rb, result;
  const Lanes& a = is_float ? FloatBits(w, i, i.operands[1], ra) : Ints(w, i, i.operands[1], ra);
  const Lanes& b = is_float ? FloatBits(w, i, i.operands[2], rb) : Ints(w, i, i.operands[2], rb);
  const std::uint32_t p = Predicate(w, i.operands[3]);
  for (int l = 0; l < kLanes; ++l) result[l] = (p >> l & 1) != 0 ? a[l] : b[l];
  Write(w, i.operands[0], result, mask);
}

void Sel(Warp& w, const Instr& i, std::uint32_t mask) { Select(w, i, mask, false); }
void Fsel(Warp& w, const Instr& i, std::uint32_t mask) { Select(w, i, mask, true); }

void Prmt(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rs, rc, result;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& s = Raw(w, i, i.operands[2], rs);
  const Lanes& c = Raw(w, i, i.operands[3], rc);
  for (int l = 0; l < kLanes; ++l) {
    const std::uint64_t pair = a[l] | static_cast<std::uint64_t>(c[l]) << 32;
    std::uint32_t r = 0;
    for (int byte = 0; byte < 4; ++byte) {
      const unsigned pick = s[l] >> (4 * byte) & 15;
      auto v = static_cast<std::uint32_t>(pair >> (8 * (pick & 7)) & 0xff);
      if ((pick & 8) != 0) v = (v & 0x80) != 0 ? 0xff : 0;
      r |= v << (8 * byte);
    }
    result[l] = r;
  }
  Write(w, i.operands[0], result, mask);
}

template <typename F>
void Unary(Warp& w, const Instr& i, std::uint32_t mask, F f) {
  Lanes ra, result;
  const Lanes& a = Ints(w, i, i.operands[1], ra);
  for (int l = 0; l < kLanes; ++l) result[l] = f(a[l]);
  Write(w, i.operands[0], result, mask);
}

void Iabs(Warp& w, const Instr& i, std::uint32_t mask) {
  Unary(w, i, mask, [](std::uint32_t v) { return static_cast<std::int32_t>(v) < 0 ? 0u - v : v; });
}

void Popc(Warp& w, const Instr& i, std::uint32_t mask) {
  Unary(w, i, mask, [](std::uint32_t v) { return static_cast<std::uint32_t>(__builtin_popcount(v)); });
}

void Brev(Warp& w, const Instr& i, std::uint32_t mask) {
  Unary(w, i, mask, [](std::uint32_t v) {
    std::uint32_t r = 0;
    for (int b = 0; b < 32; ++b) r |= (v >> b & 1) << (31 - b);
    return r;
  });
}

void Flo(Warp& w, const Instr& i, std::uint32_t mask) {
  const bool is_unsigned = i.Has("U32"), shift = i.Has("SH");
  Unary(w, i, mask, [=](std::uint32_t v) {
    if (!is_unsigned && static_cast<std::int32_t>(v) < 0) v = ~v;
    if (v == 0) return kAll;
    const auto zeros = static_cast<std::uint32_t>(__builtin_clz(v));
    return shift ? zeros : 31 - zeros;
  });
}

void Bmsk(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& b = Raw(w, i, i.operands[2], rb);
  const bool wraps = i.Has("W");
  for (int l = 0; l < kLanes; ++l) {
    const unsigned at = wraps ? a[l] & 31 : std::min(a[l], 32u);
    const unsigned n = wraps ? b[l] & 31 : std::min(b[l], 32u);
    result[l] = static_cast<std::uint32_t>(((std::uint64_t{1} << n) - 1) << at);
  }
  Write(w, i.operands[0], result, mask);
}

void Sgxt(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& b = Raw(w, i, i.operands[2], rb);
  const bool is_unsigned = i.Has("U32");
  for (int l = 0; l < kLanes; ++l) {
    const unsigned n = std::min(b[l], 32u);
    if (n == 0)
      result[l] = 0;
    else if (n == 32)
      result[l] = a[l];
    else if (is_unsigned)
      result[l] = a[l] & ((1u << n) - 1);
    else
      result[l] = static_cast<std::uint32_t>(static_cast<std::int32_t>(a[l] << (32 - n)) >> (32 - n));
  }
  Write(w, i.operands[0], result, mask);
}

}  // namespace

Handler FindBitHandler(Instr& i, const std::string& op) {
  if (op == "LOP3") return i.a = CountPredicates(i, 0), Lop3;
  if (op == "PLOP3") return Plop3;
  if (op == "SHF") {
    i.a = (i.Has("L") ? 1u : 0u) | (i.Has("HI") ? 2u : 0u) | (i.Has("S32") || i.Has("S64") ? 4u : 0u) |
          (i.Has("W") ? 8u : 0u) | (i.Has("U64") || i.Has("S64") ? 16u : 0u);
    return Shf;
  }
  if (op == "MOV" || op == "R2UR") return Mov;
  if (op == "SEL") return Sel;
  if (op == "FSEL") return Fsel;
  if (op == "PRMT") return i.mods.empty() ? Prmt : nullptr;
  if (op == "IABS") return Iabs;
  if (op == "POPC") return Popc;
  if (op == "BREV") return Brev;
  if (op == "FLO") return Flo;
  if (op == "BMSK") return Bmsk;
  if (op == "SGXT") return Sgxt;
  return nullptr;
}

}  // namespace sim
