// Atomic operations.
#include "operations/atomic.h"

#include <algorithm>
#include <type_traits>
#include <unordered_map>

namespace sim {
namespace {

using Kind = Operand::Kind;
enum AtomicOp { kAdd, kMin, kMax, kInc, kDec, kAnd, kOr, kXor, kExchange, kCas };
enum AtomicType { kU32, kS32, kU64, kS64, kF32, kF64, kF16x2 };

template <typename T>
T Apply(unsigned op, T old, T value) {
  switch (op) {
    case kAdd:
      return static_cast<T>(old + value);
    case kMin:
      return std::min(old, value);
    case kMax:
      return std::max(old, value);
    case kExchange:
      return value;
    default:
      break;
  }
  if constexpr (std::is_integral_v<T>) {
    switch (op) {
      case kInc:
        return old >= value ? 0 : static_cast<T>(old + 1);
      case kDec:
        return old == 0 || old > value ? value : static_cast<T>(old - 1);
      case kAnd:
        return old & value;
      case kOr:
        return old | value;
      case kXor:
        return old ^ value;
      default:
        break;
    }
  }
  return old;
}

// a: operation; b: space; c: type
void Atomic(Warp& w, const Instr& i, std::uint32_t mask) {
  std::size_t at = 0;
  while (i.operands[at].kind != Kind::kAddress) ++at;
  const Operand* to = nullptr;
  for (std::size_t n = 0; n < at; ++n) {
    if (i.operands[n].kind == Kind::kReg) to = &i.operands[n];
  }
  const bool wide = i.c == kU64 || i.c == kS64 || i.c == kF64;
  const unsigned bytes = wide ? 8 : 4;
  Wide values{}, others{}, old{};
  const auto read = [&](const Operand& o, Wide& into) {
    if (wide) return Pairs(w, i, o, into);
    Lanes room;
    const Lanes& raw = Ints(w, i, o, room);
    for (int l = 0; l < kLanes; ++l) into[l] = raw[l];
  };
  if (at + 1 < i.operands.size()) read(i.operands[at + 1], values);
  if (i.a == kCas) read(i.operands[at + 2], others);
  if (i.Has("POPC")) values.fill(1);
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    std::uint8_t* memory = At(w, i, l, OperandAddress(w, i, i.operands[at], l), bytes, i.b);
    std::memcpy(&old[l], memory, bytes);
    std::uint64_t now = 0;
    const auto apply = [&]<typename T>(T) {
      T before, value;
      std::memcpy(&before, &old[l], sizeof before);
      std::memcpy(&value, &values[l], sizeof value);
      const T after = Apply(i.a, before, value);
      std::memcpy(&now, &after, sizeof after);
    };
    if (i.a == kCas) {
      now = old[l] == values[l] ? others[l] : old[l];
    } else {
      switch (i.c) {
        case kS32:
          apply(std::int32_t{});
          break;
        case kU64:
          apply(std::uint64_t{});
          break;
        case kS64:
          apply(std::int64_t{});
          break;
        case kF32:
          apply(float{});
          break;
        case kF64:
          apply(double{});
          break;
        case kF16x2: {
          const auto a = static_cast<std::uint32_t>(old[l]), b = static_cast<std::uint32_t>(values[l]);
          const std::uint32_t low =
              ToHalf(FromHalf(static_cast<std::uint16_t>(a)) + FromHalf(static_cast<std::uint16_t>(b)));
          const std::uint32_t high = ToHalf(FromHalf(static_cast<std::uint16_t>(a >> 16)) +
                                            FromHalf(static_cast<std::uint16_t>(b >> 16)));
          now = low | high << 16;
          break;
        }
        default:
          apply(std::uint32_t{});
          break;
      }
    }
    std::memcpy(memory, &now, bytes);
  }
  if (to == nullptr || to->index == 255) return;
  if (wide) return WritePairs(w, *to, old, mask);
  Lanes result;
  for (int l = 0; l < kLanes; ++l) result[l] = static_cast<std::uint32_t>(old[l]);
  Write(w, *to, result, mask);
}

}  // namespace

Handler FindAtomicHandler(Instr& i) {
  static const auto& kAtomics = *new std::unordered_map<std::string, unsigned>{
      {"ATOMG", kGlobal}, {"ATOMS", kShared}, {"ATOM", kGeneric}, {"RED", kGlobal}};
  const auto found = kAtomics.find(i.op);
  if (found == kAtomics.end()) return nullptr;
  static const auto& kOps = *new std::unordered_map<std::string, unsigned>{
      {"ADD", kAdd}, {"MIN", kMin}, {"MAX", kMax},       {"INC", kInc}, {"DEC", kDec}, {"AND", kAnd},
      {"OR", kOr},   {"XOR", kXor}, {"EXCH", kExchange}, {"CAS", kCas}, {"CAST", kCas}};
  bool known = false;
  for (const auto& mod : i.mods) {
    if (const auto op = kOps.find(mod); op != kOps.end() && !known) i.a = op->second, known = true;
  }
  if (i.Has("POPC")) i.a = kAdd;
  i.c = i.Has("F16x2") ? kF16x2
        : i.Has("F32") ? kF32
        : i.Has("F64") ? kF64
        : i.Has("S64") ? kS64
        : i.Has("64")  ? kU64
        : i.Has("S32") ? kS32
                       : kU32;
  i.b = found->second;
  return known ? Atomic : nullptr;
}

}  // namespace sim
