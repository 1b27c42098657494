// Sums, products, comparisons and choices of integers.
#include <algorithm>

#include "operations/compare.h"

namespace sim {
namespace {

// a: predicates that take the carry; b: takes one itself
void Iadd3(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t s = 1 + i.a;
  Lanes rooms[3], result;
  const Lanes* terms[3];
  for (int t = 0; t < 3; ++t) terms[t] = &Raw(w, i, i.operands[s + t], rooms[t]);
  std::uint32_t carry1 = 0, carry2 = 0;
  const std::uint32_t in0 = i.b != 0 && s + 3 < i.operands.size() ? Predicate(w, i.operands[s + 3]) : 0;
  const std::uint32_t in1 = i.b != 0 && s + 4 < i.operands.size() ? Predicate(w, i.operands[s + 4]) : 0;
  for (int l = 0; l < kLanes; ++l) {
    std::uint64_t sum = (in0 >> l & 1) + (in1 >> l & 1);
    for (int t = 0; t < 3; ++t) {
      const Operand& o = i.operands[s + t];
      const std::uint32_t v = (*terms[t])[l];
      if (o.negative)
        sum += static_cast<std::uint64_t>(~v) + 1;
      else
        sum += o.inverted ? ~v : v;
    }
    result[l] = static_cast<std::uint32_t>(sum);
    carry1 |= Bit((sum >> 32) >= 1, l);
    carry2 |= Bit((sum >> 32) >= 2, l);
  }
  Write(w, i.operands[0], result, mask);
  if (i.a > 0) WritePredicate(w, i.operands[1], carry1, mask);
  if (i.a > 1) WritePredicate(w, i.operands[2], carry2, mask);
}

enum { kImadLow, kImadWide, kImadHigh };
// a: predicates that take the carry; b: which; c: 1 unsigned, 2 takes a carry
void Imad(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t s = 1 + i.a;
  Lanes ra, rb;
  const Lanes& a = Ints(w, i, i.operands[s], ra);
  const Lanes& b = Ints(w, i, i.operands[s + 1], rb);
  const std::uint32_t in = (i.c & 2) != 0 ? Predicate(w, i.operands[s + 3]) : 0;
  if (i.b == kImadLow) {
    Lanes rc, result;
    const Lanes& c = Ints(w, i, i.operands[s + 2], rc);
    for (int l = 0; l < kLanes; ++l) result[l] = a[l] * b[l] + c[l] + (in >> l & 1);
    Write(w, i.operands[0], result, mask);
    return;
  }
  Wide c, result;
  Pairs(w, i, i.operands[s + 2], c);
  std::uint32_t carry = 0;
  for (int l = 0; l < kLanes; ++l) {
    const std::uint64_t product =
        (i.c & 1) != 0
            ? static_cast<std::uint64_t>(a[l]) * b[l]
            : static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(a[l])) *
                                         static_cast<std::int32_t>(b[l]));
    const unsigned __int128 sum = static_cast<unsigned __int128>(product) + c[l] + (in >> l & 1);
    result[l] = static_cast<std::uint64_t>(sum);
    carry |= Bit((sum >> 64) != 0, l);
  }
  if (i.b == kImadWide) {
    WritePairs(w, i.operands[0], result, mask);
  } else {
    Lanes high;
    for (int l = 0; l < kLanes; ++l) high[l] = static_cast<std::uint32_t>(result[l] >> 32);
    Write(w, i.operands[0], high, mask);
  }
  if (i.a > 0) WritePredicate(w, i.operands[1], carry, mask);
}

// a: predicates that take the carry; b: 1 high, 2 takes a carry, 4 sign-extends
void Lea(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t s = 1 + i.a;
  Lanes ra, rb, rc, result;
  const Lanes& a = Raw(w, i, i.operands[s], ra);
  const Lanes& b = Raw(w, i, i.operands[s + 1], rb);
  const Operand& added = i.operands[s + 1];
  const bool high = (i.b & 1) != 0;
  const bool extends = (i.b & 4) != 0;
  const Lanes* c = high && !extends ? &Raw(w, i, i.operands[s + 2], rc) : nullptr;
  const std::size_t at = s + 2 + (c != nullptr ? 1 : 0);
  const unsigned shift = i.operands[at].bits & 31;
  const std::uint32_t in = (i.b & 2) != 0 ? Predicate(w, i.operands[at + 1]) : 0;
  std::uint32_t carry = 0;
  const Operand& first = i.operands[s];
  for (int l = 0; l < kLanes; ++l) {
    std::uint64_t pair = a[l];
    if (extends)
      pair = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(a[l])));
    else if (c != nullptr)
      pair |= static_cast<std::uint64_t>((*c)[l]) << 32;
    if (first.negative) pair = 0 - pair;
    if (first.inverted) pair = ~pair;
    pair <<= shift;
    const std::uint32_t term =
        high ? static_cast<std::uint32_t>(pair >> 32) : static_cast<std::uint32_t>(pair);
    // As in Iadd3: to subtract is to add the complement and one, with its carry.
    const std::uint64_t other = added.negative   ? static_cast<std::uint64_t>(~b[l]) + 1
                                : added.inverted ? ~b[l]
                                                 : b[l];
    const std::uint64_t sum = static_cast<std::uint64_t>(term) + other + (in >> l & 1);
    result[l] = static_cast<std::uint32_t>(sum);
    carry |= Bit((sum >> 32) != 0, l);
  }
  Write(w, i.operands[0], result, mask);
  if (i.a > 0) WritePredicate(w, i.operands[1], carry, mask);
}

void Imnmx(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, result;
  const Lanes& a = Ints(w, i, i.operands[1], ra);
  const Lanes& b = Ints(w, i, i.operands[2], rb);
  const std::uint32_t p = Predicate(w, i.operands[3]);
  const bool is_unsigned = i.Has("U32");
  for (int l = 0; l < kLanes; ++l) {
    const bool less =
        is_unsigned ? a[l] < b[l] : static_cast<std::int32_t>(a[l]) < static_cast<std::int32_t>(b[l]);
    result[l] = ((p >> l & 1) != 0) == less ? a[l] : b[l];
  }
  Write(w, i.operands[0], result, mask);
}

// Sums of products of bytes.
void Idp(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, rc, result;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& b = Raw(w, i, i.operands[2], rb);
  const Lanes& c = Ints(w, i, i.operands[3], rc);
  const auto byte = [](std::uint32_t v, int n, bool is_signed) {
    const auto u = static_cast<std::uint8_t>(v >> (8 * n));
    return is_signed ? static_cast<std::int32_t>(static_cast<std::int8_t>(u)) : static_cast<std::int32_t>(u);
  };
  for (int l = 0; l < kLanes; ++l) {
    std::int32_t sum = static_cast<std::int32_t>(c[l]);
    for (int n = 0; n < 4; ++n) sum += byte(a[l], n, i.a != 0) * byte(b[l], n, i.b != 0);
    result[l] = static_cast<std::uint32_t>(sum);
  }
  Write(w, i.operands[0], result, mask);
}

// a: comparison; b: unsigned; c: extends one of the lower halves
void Isetp(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb;
  const Lanes& a = Ints(w, i, i.operands[2], ra);
  const Lanes& b = Ints(w, i, i.operands[3], rb);
  const std::uint32_t with = Predicate(w, i.operands[4]);
  const std::uint32_t low = i.c != 0 ? Predicate(w, i.operands[5]) : 0;
  std::uint32_t result = 0;
  for (int l = 0; l < kLanes; ++l) {
    bool holds;
    if (i.c != 0 && a[l] == b[l]) {
      holds = (low >> l & 1) != 0;
    } else {
      holds = i.b != 0 ? Holds(static_cast<int>(i.a), a[l], b[l])
                       : Holds(static_cast<int>(i.a), static_cast<std::int32_t>(a[l]),
                               static_cast<std::int32_t>(b[l]));
    }
    result |= Bit(holds, l);
  }
  SetBoth(w, i, result, with, mask);
}

}  // namespace

Handler FindIntegerHandler(Instr& i, const std::string& op) {
  const bool x = i.Has("X");
  if (op == "IADD3") return i.a = CountPredicates(i, 1), i.b = x, Iadd3;
  if (op == "IMAD") {
    i.a = CountPredicates(i, 1);
    i.b = i.Has("WIDE") ? kImadWide : i.Has("HI") ? kImadHigh : kImadLow;
    i.c = (i.Has("U32") ? 1u : 0u) | (x ? 2u : 0u);
    return Imad;
  }
  if (op == "LEA")
    return i.a = CountPredicates(i, 1),
           i.b = (i.Has("HI") ? 1u : 0u) | (x ? 2u : 0u) | (i.Has("SX32") ? 4u : 0u), Lea;
  if (op == "IMNMX") return Imnmx;
  if (op == "IDP") {
    if (!i.Has("4A")) return nullptr;
    // .4A.S8.S8, .4A.U8.U8, .4A.S8.U8
    i.a = i.mods.size() > 1 && i.mods[1] == "S8";
    i.b = i.mods.size() > 2 && i.mods[2] == "S8";
    return Idp;
  }
  if (op == "ISETP")
    return i.a = static_cast<unsigned>(ReadCompare(i)), i.b = i.Has("U32"), i.c = i.Has("EX"), Isetp;
  return nullptr;
}

}  // namespace sim
