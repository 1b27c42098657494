// GPU code as the provider registers it: fat binaries, the cubins in them, and their kernels.
#pragma once

#include <optional>
#include <unordered_map>

#include "core/state.h"

namespace sim {

struct Program;  // a kernel's instructions, decoded: machine/instruction.h

struct Parameter {
  unsigned offset;
  unsigned bytes;
};

struct Kernel {
  std::string name;  // mangled
  std::string text;  // the instructions, relocated
  std::vector<Parameter> parameters;
  unsigned parameter_base = 0x160;
  unsigned parameter_bytes = 0;
  unsigned registers = 0;
  unsigned shared_bytes = 0;
  unsigned local_bytes = 0;
  unsigned max_threads = 1024;
  std::string constant2;
  std::string constant3;
  const std::string* constant4 = nullptr;
  std::shared_ptr<Program> program;  // once it was launched
};

// One cubin, read when something of it is wanted first.
class SIM_API Module {
 public:
  explicit Module(const std::uint8_t* region) : region_(region) {}
  explicit Module(std::string cubin) : cubin_(std::move(cubin)) {}
  Kernel* Find(const std::string& name);
  // A variable's memory on the device.
  std::optional<Block> Variable(const std::string& name);

 private:
  struct Section {
    std::string name;
    unsigned type;
    std::uint64_t address, offset, size;
    unsigned link, info;
    std::uint64_t entry_size;
  };
  struct Symbol {
    std::string name;
    unsigned char info;
    unsigned short section;
    std::uint64_t value, size;
  };
  void Load();
  void Parse();
  void ReadInfo(Kernel& kernel, const Section& section);
  void Relocate(std::string& bytes, const std::string& of);
  std::uint64_t SymbolAddress(const Symbol& symbol);
  const Section* SectionNamed(const std::string& name) const;
  const std::uint8_t* region_ = nullptr;
  std::string cubin_;
  bool parsed_ = false;
  std::vector<Section> sections_;
  std::vector<Symbol> symbols_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<std::string, std::unique_ptr<Kernel>> kernels_;
  std::string constant4_;
  std::map<unsigned, Block> globals_;  // by section
};

SIM_API Module* RegisterFatBinary(const void* wrapper);
SIM_API void RegisterFunction(Module* module, const void* host, const char* name);
SIM_API void RegisterVariable(Module* module, const void* host, const char* name);
SIM_API Kernel& FindKernel(const void* host);  // throws Error
SIM_API std::optional<Block> FindVariable(const void* host);

struct Launch {
  unsigned grid[3];
  unsigned block[3];
  unsigned shared_bytes;
  std::string parameters;  // as they lie in the constant bank
};

// exec.cc
SIM_API void Execute(Kernel& kernel, const Launch& launch);  // throws Error
// Reads the arguments now, and queues the kernel.
SIM_API void LaunchKernel(Stream& stream, Kernel& kernel, const Launch& launch, void** arguments);
SIM_API std::string Demangle(const std::string& name);

}  // namespace sim
