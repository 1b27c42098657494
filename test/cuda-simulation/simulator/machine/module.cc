// Cubins: their sections, symbols and relocations.
#include "machine/module.h"

#include <cstring>

#include "machine/bytes.h"

// libzstd has no header on this machine.
extern "C" std::size_t ZSTD_decompress(void* to, std::size_t capacity, const void* from, std::size_t bytes);
extern "C" unsigned ZSTD_isError(std::size_t code);
namespace sim {
namespace {

constexpr unsigned kArchitecture = 75;

}  // namespace

void Module::Load() {
  const std::uint8_t* at = region_;
  if (Read<std::uint32_t>(at) != 0xBA55ED50) throw Error{CUDA_ERROR_INVALID_VALUE, "not a fat binary"};
  const std::uint8_t* stop = at + Read<std::uint16_t>(at + 6) + Read<std::uint64_t>(at + 8);
  for (at += Read<std::uint16_t>(at + 6); at < stop;) {
    const auto kind = Read<std::uint16_t>(at);
    const auto head = Read<std::uint32_t>(at + 4);
    const auto padded = Read<std::uint64_t>(at + 8);
    const auto size = Read<std::uint32_t>(at + 16);
    const auto arch = Read<std::uint32_t>(at + 28);
    const auto flags = Read<std::uint64_t>(at + 40);
    const auto plain = Read<std::uint64_t>(at + 56);
    if (kind == 2 && arch == kArchitecture) {
      if ((flags & 0x8000) != 0) {
        cubin_.resize(plain);
        const std::size_t got = ZSTD_decompress(cubin_.data(), plain, at + head, size);
        if (ZSTD_isError(got) != 0 || got != plain)
          throw Error{CUDA_ERROR_INVALID_VALUE, "a frame does not unpack"};
      } else {
        cubin_.assign(reinterpret_cast<const char*>(at + head), padded);
      }
      return;
    }
    at += head + padded;
  }
}

void Module::Parse() {
  if (parsed_) return;
  parsed_ = true;
  if (region_ != nullptr) Load();
  if (cubin_.empty()) return;
  const char* data = cubin_.data();
  const auto table = Read<std::uint64_t>(data + 0x28);
  const auto step = Read<std::uint16_t>(data + 0x3A);
  const auto count = Read<std::uint16_t>(data + 0x3C);
  const auto names = Read<std::uint16_t>(data + 0x3E);
  const auto names_at = Read<std::uint64_t>(data + table + names * step + 24);
  for (unsigned i = 0; i < count; ++i) {
    const char* h = data + table + i * step;
    sections_.push_back({data + names_at + Read<std::uint32_t>(h), Read<std::uint32_t>(h + 4),
                         Read<std::uint64_t>(h + 16), Read<std::uint64_t>(h + 24),
                         Read<std::uint64_t>(h + 32), Read<std::uint32_t>(h + 40),
                         Read<std::uint32_t>(h + 44), Read<std::uint64_t>(h + 56)});
    by_name_.emplace(sections_.back().name, i);
  }
  for (const Section& section : sections_) {
    if (section.type != 2) continue;
    const char* strings = data + sections_[section.link].offset;
    for (std::uint64_t at = 0; at < section.size; at += section.entry_size) {
      const char* s = data + section.offset + at;
      symbols_.push_back({strings + Read<std::uint32_t>(s), Read<unsigned char>(s + 4),
                          Read<std::uint16_t>(s + 6), Read<std::uint64_t>(s + 8),
                          Read<std::uint64_t>(s + 16)});
    }
  }
  // Bank 4 holds addresses of variables.
  if (const Section* bank = SectionNamed(".nv.constant4")) {
    constant4_.assign(data + bank->offset, bank->size);
    Relocate(constant4_, ".nv.constant4");
  }
}

const Module::Section* Module::SectionNamed(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? &sections_[found->second] : nullptr;
}

std::uint64_t Module::SymbolAddress(const Symbol& symbol) {
  if (symbol.section == 0 || symbol.section >= sections_.size()) return 0;
  const Section& section = sections_[symbol.section];
  if (section.name.rfind(".nv.global", 0) != 0) return symbol.value;
  auto found = globals_.find(symbol.section);
  if (found == globals_.end()) {
    Block* block =
        state().memory.AllocateDevice(std::max<std::size_t>(section.size, 1), 0, Block::Kind::kGlobal);
    std::uint8_t* view = state().memory.Resolve(block->address, section.size);
    if (section.type == 8)
      std::memset(view, 0, section.size);
    else
      std::memcpy(view, cubin_.data() + section.offset, section.size);
    found = globals_.emplace(symbol.section, *block).first;
  }
  return found->second.address + symbol.value;
}

std::optional<Block> Module::Variable(const std::string& name) {
  Parse();
  for (const Symbol& symbol : symbols_) {
    if (symbol.name != name || symbol.size == 0) continue;
    const std::uint64_t address = SymbolAddress(symbol);
    return Block{Block::Kind::kGlobal, address, symbol.size, 0, 0};
  }
  return std::nullopt;
}

void Module::Relocate(std::string& bytes, const std::string& of) {
  for (const char* prefix : {".rel", ".rela"}) {
    const Section* section = SectionNamed(prefix + of);
    if (section == nullptr) continue;
    for (std::uint64_t at = 0; at + section->entry_size <= section->size; at += section->entry_size) {
      const char* r = cubin_.data() + section->offset + at;
      const auto offset = Read<std::uint64_t>(r);
      const auto info = Read<std::uint64_t>(r + 8);
      const std::int64_t addend = section->type == 4 ? Read<std::int64_t>(r + 16) : 0;
      const Symbol& symbol = symbols_[info >> 32];
      const std::uint64_t value = SymbolAddress(symbol) + static_cast<std::uint64_t>(addend);
      switch (static_cast<unsigned>(info)) {
        case 2:  // R_CUDA_64
          if (offset + 8 <= bytes.size()) std::memcpy(bytes.data() + offset, &value, 8);
          break;
        case 1: {  // R_CUDA_32
          const auto low = static_cast<std::uint32_t>(value);
          if (offset + 4 <= bytes.size()) std::memcpy(bytes.data() + offset, &low, 4);
          break;
        }
        case 56:
        case 57: {  // R_CUDA_ABS32_LO_32, R_CUDA_ABS32_HI_32
          const auto half =
              static_cast<std::uint32_t>(static_cast<unsigned>(info) == 56 ? value : value >> 32);
          if (offset + 8 <= bytes.size()) std::memcpy(bytes.data() + offset + 4, &half, 4);
          break;
        }
        default:
          // Left as it is: a call of a function that is not inlined, for one. The interpreter meets it, if at
          // all.
          break;
      }
    }
  }
}

}  // namespace sim
