// Kernels of a cubin: what the launch must know of them.
#include <algorithm>

#include "machine/bytes.h"
#include "machine/module.h"

namespace sim {

void Module::ReadInfo(Kernel& kernel, const Section& section) {
  const char* at = cubin_.data() + section.offset;
  const char* stop = at + section.size;
  while (at + 4 <= stop) {
    const auto format = Read<unsigned char>(at);
    const auto attribute = Read<unsigned char>(at + 1);
    const auto value = Read<std::uint16_t>(at + 2);
    const char* body = at + 4;
    at += 4 + (format == 4 ? value : 0);
    switch (attribute) {
      case 0x17: {  // a parameter
        const auto ordinal = Read<std::uint16_t>(body + 4);
        if (kernel.parameters.size() <= ordinal) kernel.parameters.resize(ordinal + 1u);
        kernel.parameters[ordinal] = {Read<std::uint16_t>(body + 6), Read<std::uint32_t>(body + 8) >> 18};
        break;
      }
      case 0x0a:
        kernel.parameter_base = Read<std::uint16_t>(body + 4);
        break;
      case 0x19:
        kernel.parameter_bytes = value;
        break;
      case 0x05:  // at most that many threads
        kernel.max_threads =
            Read<std::uint32_t>(body) * Read<std::uint32_t>(body + 4) * Read<std::uint32_t>(body + 8);
        break;
      default:
        break;
    }
  }
}

Kernel* Module::Find(const std::string& name) {
  Parse();
  const auto found = kernels_.find(name);
  if (found != kernels_.end()) return found->second.get();
  const Section* text = SectionNamed(".text." + name);
  if (text == nullptr) return nullptr;
  auto kernel = std::make_unique<Kernel>();
  kernel->name = name;
  kernel->text.assign(cubin_.data() + text->offset, text->size);
  Relocate(kernel->text, ".text." + name);
  kernel->registers = text->info >> 24;
  if (const Section* info = SectionNamed(".nv.info." + name)) ReadInfo(*kernel, *info);
  if (const Section* shared = SectionNamed(".nv.shared." + name))
    kernel->shared_bytes = static_cast<unsigned>(shared->size);
  if (const Section* bank = SectionNamed(".nv.constant2." + name)) {
    kernel->constant2.assign(cubin_.data() + bank->offset, bank->size);
    Relocate(kernel->constant2, ".nv.constant2." + name);
  }
  if (const Section* bank = SectionNamed(".nv.constant3")) {
    kernel->constant3.assign(cubin_.data() + bank->offset, bank->size);
    Relocate(kernel->constant3, ".nv.constant3");
  }
  kernel->constant4 = &constant4_;
  // The module's own table says how much stack each of its functions needs, by symbol.
  if (const Section* info = SectionNamed(".nv.info")) {
    const char* at = cubin_.data() + info->offset;
    const char* stop = at + info->size;
    while (at + 4 <= stop) {
      const auto format = Read<unsigned char>(at);
      const auto attribute = Read<unsigned char>(at + 1);
      const auto value = Read<std::uint16_t>(at + 2);
      if (format == 4 && (attribute == 0x11 || attribute == 0x12) && value >= 8) {
        const auto symbol = Read<std::uint32_t>(at + 4);
        if (symbol < symbols_.size() && symbols_[symbol].name == name) {
          kernel->local_bytes = std::max(kernel->local_bytes, Read<std::uint32_t>(at + 8));
        }
      }
      at += 4 + (format == 4 ? value : 0);
    }
  }
  return kernels_.emplace(name, std::move(kernel)).first->second.get();
}

}  // namespace sim
