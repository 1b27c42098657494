// libcudart.so.13: registration of GPU code, and what it says of kernels.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "machine/module.h"
#include "runtime/runtime.h"

using namespace sim;

namespace {

struct Pushed {
  dim3 grid, block;
  size_t shared;
  cudaStream_t stream;
};

thread_local std::vector<Pushed> pushed;

}  // namespace

SIM_EXPORT void** CUDARTAPI __cudaRegisterFatBinary(void* wrapper) {
  return reinterpret_cast<void**>(RegisterFatBinary(wrapper));
}
SIM_EXPORT void CUDARTAPI __cudaRegisterFatBinaryEnd(void**) {}
SIM_EXPORT void CUDARTAPI __cudaUnregisterFatBinary(void**) {}
SIM_EXPORT void CUDARTAPI __cudaRegisterFunction(void** module, const char* host, char*, const char* name,
                                                 int, uint3*, uint3*, dim3*, dim3*, int*) {
  RegisterFunction(reinterpret_cast<Module*>(module), host, name);
}
SIM_EXPORT void CUDARTAPI __cudaRegisterVar(void** module, char* host, char*, const char* name, int, size_t,
                                            int, int) {
  RegisterVariable(reinterpret_cast<Module*>(module), host, name);
}
SIM_EXPORT unsigned CUDARTAPI __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared,
                                                          cudaStream_t stream) {
  pushed.push_back({grid, block, shared, stream});
  return 0;
}
RUNTIME_EXPORT __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  if (pushed.empty()) return cudaErrorMissingConfiguration;
  const Pushed last = pushed.back();
  pushed.pop_back();
  *grid = last.grid;
  *block = last.block;
  *shared = last.shared;
  *static_cast<cudaStream_t*>(stream) = last.stream;
  return cudaSuccess;
}

// A kernel's handle is the host's function here.
RUNTIME_EXPORT __cudaGetKernel(cudaKernel_t* kernel, const void* func) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(func));
  return cudaSuccess;
}
RUNTIME_EXPORT cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* func) {
  return Run(__func__, kUsual, "", [&](State&, auto&) {
    const Kernel& kernel = FindKernel(func);
    *attributes = {};
    attributes->sharedSizeBytes = kernel.shared_bytes;
    attributes->localSizeBytes = kernel.local_bytes;
    attributes->maxThreadsPerBlock = static_cast<int>(kernel.max_threads);
    attributes->numRegs = static_cast<int>(kernel.registers);
    attributes->ptxVersion = attributes->binaryVersion = 75;
    attributes->maxDynamicSharedSizeBytes = 49152;
    return CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) {
  return Run(__func__, kUsual, "", [](State&, auto&) { return CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaKernelSetAttributeForDevice(cudaKernel_t, cudaFuncAttribute, int, int) {
  return Run(__func__, kUsual, "", [](State&, auto&) { return CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void*, int threads,
                                                                      size_t, unsigned) {
  *blocks = std::max(1, 1024 / std::max(1, threads));
  return cudaSuccess;
}
RUNTIME_EXPORT cudaLibraryLoadData(cudaLibrary_t* library, const void* code, cudaJitOption*, void**, unsigned,
                                   cudaLibraryOption*, void**, unsigned) {
  return Run(__func__, kUsual, "", [&](State&, auto&) {
    const auto* elf = static_cast<const char*>(code);
    if (std::memcmp(elf,
                    "\x7f"
                    "ELF",
                    4) != 0)
      return CUDA_ERROR_NOT_SUPPORTED;
    std::uint64_t table = 0;
    std::uint16_t step = 0;
    std::uint16_t count = 0;
    std::memcpy(&table, elf + 0x28, 8);
    std::memcpy(&step, elf + 0x3A, 2);
    std::memcpy(&count, elf + 0x3C, 2);
    *library = reinterpret_cast<cudaLibrary_t>(new Module(std::string(elf, table + step * count)));
    return CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaLibraryGetKernel(cudaKernel_t* kernel, cudaLibrary_t library, const char* name) {
  return Run(__func__, kUsual, name, [&](State&, auto&) {
    auto* module = reinterpret_cast<Module*>(library);
    Kernel* found = module->Find(name);
    if (found == nullptr) return CUDA_ERROR_NOT_FOUND;
    RegisterFunction(module, found, name);
    return *kernel = reinterpret_cast<cudaKernel_t>(found), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaLibraryUnload(cudaLibrary_t) { return cudaSuccess; }
RUNTIME_EXPORT cudaGetDriverEntryPointByVersion(const char* symbol, void** func, unsigned int,
                                                unsigned long long, cudaDriverEntryPointQueryResult* status) {
  *func = dlsym(RTLD_DEFAULT, symbol);
  if (status != nullptr)
    *status = *func != nullptr ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}
