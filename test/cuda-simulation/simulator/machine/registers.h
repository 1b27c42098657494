// How an instruction's operands are read and written, in all lanes of a warp.
#pragma once

#include <algorithm>
#include <cstring>

#include "half.h"
#include "machine/warp.h"

namespace sim {

inline void ReadConstant(const Warp& w, const Instr& i, int bank, std::uint32_t offset, std::size_t bytes,
                         void* to) {
  const Kernel& kernel = *w.cta->kernel;
  const std::string* from = bank == 0   ? &w.cta->bank0
                            : bank == 2 ? &kernel.constant2
                            : bank == 3 ? &kernel.constant3
                            : bank == 4 ? kernel.constant4
                                        : nullptr;
  std::memset(to, 0, bytes);
  if (from == nullptr) Fault(w, i, CUDA_ERROR_ILLEGAL_ADDRESS, "a constant bank");
  if (offset >= from->size()) {
    if (bank == 0) return;  // beyond what the launch has set
    Fault(w, i, CUDA_ERROR_ILLEGAL_ADDRESS, Format("constant bank %d at %u", bank, offset));
  }
  std::memcpy(to, from->data() + offset, std::min(bytes, from->size() - offset));
}

// The bits of an operand in each lane, modifiers left out.
inline const Lanes& Raw(const Warp& w, const Instr& i, const Operand& o, Lanes& room) {
  switch (o.kind) {
    case Operand::Kind::kReg:
      return w.r[o.index];
    case Operand::Kind::kUniform:
      room.fill(o.index == 63 ? 0 : w.ur[o.index]);
      return room;
    case Operand::Kind::kImmediate:
      room.fill(o.bits);
      return room;
    case Operand::Kind::kConst: {
      if (o.reg >= 0) {
        for (int l = 0; l < kLanes; ++l) {
          if ((w.active >> l & 1) != 0) ReadConstant(w, i, o.index, w.r[o.reg][l] + o.offset, 4, &room[l]);
        }
        return room;
      }
      std::uint32_t value = 0;
      ReadConstant(w, i, o.index, (o.uniform >= 0 ? w.ur[o.uniform] : 0) + o.offset, 4, &value);
      room.fill(value);
      return room;
    }
    default:
      Fault(w, i, CUDA_ERROR_ILLEGAL_INSTRUCTION, "an operand that is not read");
  }
}

inline const Lanes& Ints(const Warp& w, const Instr& i, const Operand& o, Lanes& room) {
  const Lanes& raw = Raw(w, i, o, room);
  if (!o.negative && !o.inverted && !o.absolute) return raw;
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t v = raw[l];
    if (o.absolute && static_cast<std::int32_t>(v) < 0) v = 0u - v;
    if (o.inverted) v = ~v;
    if (o.negative) v = 0u - v;
    room[l] = v;
  }
  return room;
}

inline const Lanes& FloatBits(const Warp& w, const Instr& i, const Operand& o, Lanes& room) {
  const Lanes& raw = Raw(w, i, o, room);
  if (!o.negative && !o.absolute) return raw;
  for (int l = 0; l < kLanes; ++l) {
    std::uint32_t v = raw[l];
    if (o.absolute) v &= 0x7fffffff;
    if (o.negative) v ^= 0x80000000;
    room[l] = v;
  }
  return room;
}

inline void Pairs(const Warp& w, const Instr& i, const Operand& o, Wide& to) {
  if (o.kind == Operand::Kind::kConst && o.reg < 0) {
    std::uint64_t value = 0;
    ReadConstant(w, i, o.index, (o.uniform >= 0 ? w.ur[o.uniform] : 0) + static_cast<std::uint32_t>(o.offset),
                 8, &value);
    if (o.inverted) value = ~value;
    if (o.negative) value = 0 - value;
    to.fill(value);
    return;
  }
  for (int l = 0; l < kLanes; ++l) {
    switch (o.kind) {
      case Operand::Kind::kReg:
        to[l] = o.index == 255 ? 0 : w.r[o.index][l] | static_cast<std::uint64_t>(w.r[o.index + 1][l]) << 32;
        break;
      case Operand::Kind::kUniform:
        to[l] = o.index == 63 ? 0 : w.ur[o.index] | static_cast<std::uint64_t>(w.ur[o.index + 1]) << 32;
        break;
      case Operand::Kind::kImmediate:
        to[l] = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(o.bits)));
        break;
      case Operand::Kind::kConst:
        if ((w.active >> l & 1) == 0) break;
        ReadConstant(w, i, o.index,
                     (o.reg >= 0 ? w.r[o.reg][l] : 0) + (o.uniform >= 0 ? w.ur[o.uniform] : 0) + o.offset, 8,
                     &to[l]);
        break;
      default:
        Fault(w, i, CUDA_ERROR_ILLEGAL_INSTRUCTION, "a pair that is not read");
    }
    if (o.inverted) to[l] = ~to[l];
    if (o.negative) to[l] = 0 - to[l];
  }
}

inline void ReadDoubles(const Warp& w, const Instr& i, const Operand& o, Doubles& to) {
  if (o.kind == Operand::Kind::kImmediate) {
    to.fill(o.value);
    return;
  }
  Operand plain = o;
  plain.negative = plain.inverted = plain.absolute = false;
  Wide bits;
  Pairs(w, i, plain, bits);
  for (int l = 0; l < kLanes; ++l) {
    if (o.absolute) bits[l] &= ~(std::uint64_t{1} << 63);
    if (o.negative) bits[l] ^= std::uint64_t{1} << 63;
    std::memcpy(&to[l], &bits[l], 8);
  }
}

inline std::uint32_t Predicate(const Warp& w, const Operand& o) {
  std::uint32_t bits = kAll;
  if (o.kind == Operand::Kind::kPred)
    bits = o.index == 7 ? kAll : w.p[o.index];
  else if (o.kind == Operand::Kind::kUniformPred)
    bits = o.index == 7 ? kAll : w.up[o.index];
  return o.inverted ? ~bits : bits;
}

inline void Write(Warp& w, int index, bool uniform, const Lanes& values, std::uint32_t mask) {
  if (uniform) {
    if (index != 63) w.ur[index] = values[First(mask)];
    return;
  }
  if (index == 255) return;
  Lanes& to = w.r[index];
  if (mask == kAll) {
    to = values;
    return;
  }
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) != 0) to[l] = values[l];
  }
}

inline void Write(Warp& w, const Operand& o, const Lanes& values, std::uint32_t mask) {
  Write(w, o.index, o.kind == Operand::Kind::kUniform, values, mask);
}

inline void WritePairs(Warp& w, const Operand& o, const Wide& values, std::uint32_t mask) {
  const bool uniform = o.kind == Operand::Kind::kUniform;
  if (o.index == (uniform ? 63 : 255)) return;
  Lanes low, high;
  for (int l = 0; l < kLanes; ++l) {
    low[l] = static_cast<std::uint32_t>(values[l]);
    high[l] = static_cast<std::uint32_t>(values[l] >> 32);
  }
  Write(w, o.index, uniform, low, mask);
  Write(w, o.index + 1, uniform, high, mask);
}

inline void WriteDoubles(Warp& w, const Operand& o, const Doubles& values, std::uint32_t mask) {
  Wide bits;
  std::memcpy(bits.data(), values.data(), sizeof bits);
  WritePairs(w, o, bits, mask);
}

inline void WritePredicate(Warp& w, const Operand& o, std::uint32_t bits, std::uint32_t mask) {
  if (o.index == 7) return;
  if (o.kind == Operand::Kind::kUniformPred) {
    w.up[o.index] = (bits >> First(mask) & 1) != 0 ? kAll : 0;
  } else {
    w.p[o.index] = (w.p[o.index] & ~mask) | (bits & mask);
  }
}

}  // namespace sim
