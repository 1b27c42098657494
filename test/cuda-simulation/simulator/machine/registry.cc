// Kernels and variables by the address that the host knows them by.
#include <cxxabi.h>

#include <cstdlib>
#include <cstring>

#include "machine/module.h"

namespace sim {
namespace {

struct Registered {
  Module* module;
  std::string name;
};

std::unordered_map<const void*, Registered>& Functions() {
  static auto* const all = new std::unordered_map<const void*, Registered>;
  return *all;
}

std::unordered_map<const void*, Registered>& Variables() {
  static auto* const all = new std::unordered_map<const void*, Registered>;
  return *all;
}

}  // namespace

std::string Demangle(const std::string& name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  std::string result = text != nullptr ? text : name;
  std::free(text);
  return result;
}

Module* RegisterFatBinary(const void* wrapper) {
  // magic, version, data
  return new Module(
      *reinterpret_cast<const std::uint8_t* const*>(static_cast<const std::uint8_t*>(wrapper) + 8));
}

void RegisterFunction(Module* module, const void* host, const char* name) {
  Functions()[host] = {module, name};
}

void RegisterVariable(Module* module, const void* host, const char* name) {
  Variables()[host] = {module, name};
}

Kernel& FindKernel(const void* host) {
  const auto found = Functions().find(host);
  if (found == Functions().end()) throw Error{CUDA_ERROR_NOT_FOUND, "no such kernel"};
  Kernel* kernel = found->second.module->Find(found->second.name);
  if (kernel == nullptr)
    throw Error{static_cast<CUresult>(209), "no code for this architecture: " + Demangle(found->second.name)};
  return *kernel;
}

std::optional<Block> FindVariable(const void* host) {
  const auto found = Variables().find(host);
  if (found == Variables().end()) return std::nullopt;
  return found->second.module->Variable(found->second.name);
}

void LaunchKernel(Stream& stream, Kernel& kernel, const Launch& launch, void** arguments) {
  Launch ready = launch;
  ready.parameters.assign(kernel.parameter_bytes, '\0');
  for (std::size_t i = 0; i < kernel.parameters.size(); ++i) {
    const Parameter& p = kernel.parameters[i];
    std::memcpy(ready.parameters.data() + p.offset, arguments[i], p.bytes);
  }
  state().Submit(stream, "kernel " + Demangle(kernel.name), [&kernel, ready] { Execute(kernel, ready); });
}

}  // namespace sim
