// Lanes that exchange values, and special registers.
#include "operations/operations.h"

namespace sim {
namespace {

enum { kBfly, kUp, kDown, kIdx };
void Shfl(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rb, rc, result;
  const Lanes a = Raw(w, i, i.operands[2], ra);
  const Lanes& b = Raw(w, i, i.operands[3], rb);
  const Lanes& c = Raw(w, i, i.operands[4], rc);
  std::uint32_t valid = 0;
  for (int l = 0; l < kLanes; ++l) {
    const auto lane = static_cast<std::uint32_t>(l);
    const std::uint32_t clamp = c[l] & 31, segment = c[l] >> 8 & 31, by = b[l] & 31;
    const std::uint32_t last = (lane & segment) | (clamp & ~segment);
    std::uint32_t from = lane;
    bool ok = false;
    switch (i.a) {
      case kUp:
        from = lane - by;
        ok = static_cast<std::int32_t>(from) >= static_cast<std::int32_t>(last);
        break;
      case kDown:
        from = lane + by;
        ok = from <= last;
        break;
      case kBfly:
        from = lane ^ by;
        ok = from <= last;
        break;
      default:
        from = (lane & segment) | (by & ~segment);
        ok = from <= last;
        break;
    }
    valid |= Bit(ok, l);
    result[l] = a[ok ? from & 31 : lane];
  }
  Write(w, i.operands[1], result, mask);
  WritePredicate(w, i.operands[0], valid, mask);
}

void Vote(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t d = IsPredicate(i.operands[0]) ? 0 : 1;
  const std::uint32_t ballot = Predicate(w, i.operands[d + 1]) & mask;
  if (d == 1) {
    Lanes result;
    result.fill(ballot);
    Write(w, i.operands[0], result, mask);
  }
  const bool all = i.Has("ALL") ? ballot == mask : i.Has("EQ") ? ballot == mask || ballot == 0 : ballot != 0;
  WritePredicate(w, i.operands[d], all ? kAll : 0, mask);
}

void Match(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::size_t d = IsPredicate(i.operands[0]) ? 1 : 0;
  const Operand& o = i.operands[d + 1];
  Wide values{};
  Lanes room;
  if (i.Has("U64")) {
    Pairs(w, i, o, values);
  } else {
    const Lanes& raw = Raw(w, i, o, room);
    for (int l = 0; l < kLanes; ++l) values[l] = raw[l];
  }
  Lanes result{};
  bool all = true;
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    for (int m = 0; m < kLanes; ++m) {
      if ((mask >> m & 1) != 0 && values[m] == values[l]) result[l] |= 1u << m;
    }
    all = all && result[l] == mask;
  }
  if (i.Has("ALL")) {
    for (auto& r : result) r = all ? mask : 0;
  }
  Write(w, i.operands[d], result, mask);
  if (d == 1) WritePredicate(w, i.operands[0], all ? kAll : 0, mask);
}

void S2r(Warp& w, const Instr& i, std::uint32_t mask) {
  const std::string& name = i.operands[1].text;
  const unsigned* block = w.cta->launch->block;
  Lanes result{};
  for (int l = 0; l < kLanes; ++l) {
    const unsigned thread = w.number * kLanes + static_cast<unsigned>(l);
    const auto lane = static_cast<unsigned>(l);
    if (name == "SR_TID.X")
      result[l] = thread % block[0];
    else if (name == "SR_TID.Y")
      result[l] = thread / block[0] % block[1];
    else if (name == "SR_TID.Z")
      result[l] = thread / (block[0] * block[1]);
    else if (name == "SR_CTAID.X")
      result[l] = w.cta->index[0];
    else if (name == "SR_CTAID.Y")
      result[l] = w.cta->index[1];
    else if (name == "SR_CTAID.Z")
      result[l] = w.cta->index[2];
    else if (name == "SR_LANEID")
      result[l] = lane;
    else if (name == "SR_EQMASK")
      result[l] = 1u << lane;
    else if (name == "SR_LTMASK")
      result[l] = (1u << lane) - 1;
    else if (name == "SR_LEMASK")
      result[l] = (2u << lane) - 1;
    else if (name == "SR_GTMASK")
      result[l] = ~((2u << lane) - 1);
    else if (name == "SR_GEMASK")
      result[l] = ~((1u << lane) - 1);
    else if (name == "SR_SMEMSZ")
      result[l] = static_cast<unsigned>(w.cta->shared.size());
    else if (name == "SRZ" || name == "SR_CLOCKLO" || name == "SR_CLOCKHI" || name == "SR_GLOBALTIMERLO" ||
             name == "SR_GLOBALTIMERHI")
      result[l] = 0;
    else
      Fault(w, i, CUDA_ERROR_ILLEGAL_INSTRUCTION, "a special register that is not simulated");
  }
  if (i.op == "CS2R" && !i.Has("32")) {
    Wide wide;
    for (int l = 0; l < kLanes; ++l) wide[l] = name == "SR_CLOCKLO" ? w.steps : result[l];
    return WritePairs(w, i.operands[0], wide, mask);
  }
  Write(w, i.operands[0], result, mask);
}

void P2r(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes rb, rm, result;
  const Lanes& b = Raw(w, i, i.operands[2], rb);
  const Lanes& m = Raw(w, i, i.operands[3], rm);
  const unsigned shift = i.Has("B1") ? 8 : i.Has("B2") ? 16 : i.Has("B3") ? 24 : 0;
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t bits = 0;
    for (unsigned n = 0; n < 7; ++n) bits |= (w.p[n] >> l & 1) << n;
    result[l] = (b[l] & ~(m[l] << shift)) | (bits & m[l]) << shift;
  }
  Write(w, i.operands[0], result, mask);
}

void R2p(Warp& w, const Instr& i, std::uint32_t mask) {
  Lanes ra, rm;
  const Lanes& a = Raw(w, i, i.operands[1], ra);
  const Lanes& m = Raw(w, i, i.operands[2], rm);
  const unsigned shift =
      i.operands[1].part >= 1 && i.operands[1].part <= 4 ? 8u * (i.operands[1].part - 1) : 0;
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    for (unsigned n = 0; n < 7; ++n) {
      if ((m[l] >> n & 1) != 0) w.p[n] = (w.p[n] & ~(1u << l)) | (a[l] >> (n + shift) & 1) << l;
    }
  }
}

}  // namespace

Handler FindWarpHandler(Instr& i, const std::string& op) {
  if (op == "SHFL")
    return i.a = i.Has("BFLY") ? kBfly : i.Has("UP") ? kUp : i.Has("DOWN") ? kDown : kIdx, Shfl;
  if (op == "VOTE" || op == "VOTEU") return Vote;
  if (op == "MATCH") return Match;
  if (op == "S2R" || op == "CS2R" || op == "S2UR") return S2r;
  if (op == "P2R") return P2r;
  if (op == "R2P") return R2p;
  return nullptr;
}

}  // namespace sim
