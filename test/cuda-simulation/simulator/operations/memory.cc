// Loads and stores; every access is checked against what is allocated.
#include <unordered_map>

#include "operations/atomic.h"

namespace sim {
namespace {

using Kind = Operand::Kind;
// a: bytes, 256 more where it is signed; b: space
void Load(Warp& w, const Instr& i, std::uint32_t mask) {
  const Operand* address = nullptr;
  const Operand* to = nullptr;
  for (const Operand& o : i.operands) {
    if (o.kind == Kind::kAddress)
      address = &o;
    else if (o.kind == Kind::kReg && to == nullptr)
      to = &o;
  }
  const unsigned bytes = i.a & 255;
  // All addresses first: the target may be the address.
  std::array<std::uint32_t, 4> values[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    const std::uint8_t* at = At(w, i, l, OperandAddress(w, i, *address, l), bytes, i.b);
    values[l] = {};
    std::memcpy(values[l].data(), at, bytes);
    if ((i.a & 256) != 0) {
      const unsigned shift = 32 - 8 * bytes;
      values[l][0] = static_cast<std::uint32_t>(static_cast<std::int32_t>(values[l][0] << shift) >> shift);
    }
  }
  if (to->index == 255) return;
  for (unsigned word = 0; word < (bytes + 3) / 4; ++word) {
    for (int l = 0; l < kLanes; ++l) {
      if ((mask >> l & 1) != 0) w.r[static_cast<std::size_t>(to->index) + word][l] = values[l][word];
    }
  }
}

void Store(Warp& w, const Instr& i, std::uint32_t mask) {
  const Operand& address = i.operands[0];
  const Operand& from = i.operands[1];
  const unsigned bytes = i.a & 255;
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    std::uint32_t words[4] = {};
    for (unsigned word = 0; word < (bytes + 3) / 4; ++word) {
      if (from.kind == Kind::kReg && from.index != 255)
        words[word] = w.r[static_cast<std::size_t>(from.index) + word][l];
      else if (from.kind == Kind::kUniform && from.index != 63)
        words[word] = w.ur[static_cast<std::size_t>(from.index) + word];
    }
    std::memcpy(At(w, i, l, OperandAddress(w, i, address, l), bytes, i.b), words, bytes);
  }
}

// a: bytes; a constant at an address that a register gives
void Ldc(Warp& w, const Instr& i, std::uint32_t mask) {
  const Operand& o = i.operands[1];
  const unsigned bytes = i.a & 255;
  Wide values{};
  for (int l = 0; l < kLanes; ++l) {
    if ((mask >> l & 1) == 0) continue;
    const std::uint32_t offset = (o.reg >= 0 && o.reg != 255 ? w.r[o.reg][l] : 0) +
                                 (o.uniform >= 0 ? w.ur[o.uniform] : 0) +
                                 static_cast<std::uint32_t>(o.offset);
    ReadConstant(w, i, o.index, offset, bytes, &values[l]);
    if ((i.a & 256) != 0) {
      const unsigned shift = 64 - 8 * bytes;
      values[l] = static_cast<std::uint64_t>(static_cast<std::int64_t>(values[l] << shift) >> shift);
    }
  }
  if (bytes == 8) return WritePairs(w, i.operands[0], values, mask);
  Lanes result;
  for (int l = 0; l < kLanes; ++l) result[l] = static_cast<std::uint32_t>(values[l]);
  Write(w, i.operands[0], result, mask);
}

// Rows of matrices of 8x8 halves: eight lanes name the rows of each matrix, and each lane gets two elements
// of each. a: matrices; b: transposed
void Ldsm(Warp& w, const Instr& i, std::uint32_t mask) {
  std::uint16_t rows[4][8][8];
  for (unsigned m = 0; m < i.a; ++m) {
    for (int row = 0; row < 8; ++row) {
      const int lane = static_cast<int>(m) * 8 + row;
      std::memcpy(rows[m][row], At(w, i, lane, OperandAddress(w, i, i.operands[1], lane), 16, kShared), 16);
    }
  }
  for (unsigned m = 0; m < i.a; ++m) {
    Lanes result;
    for (int l = 0; l < kLanes; ++l) {
      const int row = l / 4, column = l % 4 * 2;
      const std::uint32_t low = i.b != 0 ? rows[m][column][row] : rows[m][row][column];
      const std::uint32_t high = i.b != 0 ? rows[m][column + 1][row] : rows[m][row][column + 1];
      result[l] = low | high << 16;
    }
    Write(w, i.operands[0].index + static_cast<int>(m), false, result, mask);
  }
}

unsigned AccessBytes(const Instr& i) {
  static const auto& kBytes = *new std::unordered_map<std::string, unsigned>{
      {"U8", 1}, {"S8", 257}, {"U16", 2}, {"S16", 258}, {"64", 8}, {"128", 16}};
  unsigned bytes = 4;
  for (const auto& mod : i.mods) {
    if (const auto found = kBytes.find(mod); found != kBytes.end()) bytes = found->second;
  }
  return bytes;
}

}  // namespace

Handler FindMemoryHandler(Instr& i) {
  static const auto& kLoads = *new std::unordered_map<std::string, unsigned>{
      {"LDG", kGlobal}, {"LDS", kShared}, {"LDL", kLocal}, {"LD", kGeneric}};
  static const auto& kStores = *new std::unordered_map<std::string, unsigned>{
      {"STG", kGlobal}, {"STS", kShared}, {"STL", kLocal}, {"ST", kGeneric}};
  i.a = AccessBytes(i);
  if (const auto found = kLoads.find(i.op); found != kLoads.end()) return i.b = found->second, Load;
  if (const auto found = kStores.find(i.op); found != kStores.end()) return i.b = found->second, Store;
  if (i.op == "LDC" || i.op == "ULDC") return Ldc;
  if (i.op == "LDSM") {
    i.a = i.Has("4") ? 4 : i.Has("2") ? 2 : 1;
    i.b = i.Has("MT88");
    return Ldsm;
  }
  if (Handler atomic = FindAtomicHandler(i)) return atomic;
  i.a = 0;
  return nullptr;
}

}  // namespace sim
