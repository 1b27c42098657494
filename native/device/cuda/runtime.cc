#include "runtime.h"

#include "ort/shared_library.h"

namespace device::cuda {
namespace {

#ifdef _WIN32
constexpr const char* kNames[] = {"cudart64_13.dll", "cudart64_12.dll"};
#else
constexpr const char* kNames[] = {"libcudart.so.13", "libcudart.so.12"};
#endif

}  // namespace

void ForgetRuntimeError() noexcept {
  for (const char* name : kNames) {
    void* const library = ort::FindLoaded(name);
    if (library == nullptr) continue;
    using GetLastError = int (*)();
    const auto forget = reinterpret_cast<GetLastError>(ort::FindSymbol(library, "cudaGetLastError"));
    if (forget != nullptr) forget();
    ort::CloseShared(library);
  }
}

}  // namespace device::cuda
