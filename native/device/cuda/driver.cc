#include "driver.h"

#include <mutex>

#include "ort/error.h"
#include "ort/shared_library.h"
#include "provider.h"

namespace device::cuda {
namespace {

Driver opened{};

std::string Describe(CUresult error) {
  const char* text = nullptr;
  opened.cuGetErrorString(error, &text);
  return Name(error) + (text != nullptr ? std::string(": ") + text : "");
}

// Opens the library and finds every function that we call. The library stays open where one is missing: the
// driver may have started threads.
void Load() {
  const std::string path = DriverLibrary();
  std::string reason;
  void* library = ort::OpenShared(path, reason);
  if (library == nullptr) {
    throw ort::Error("ERR_CUDA_DRIVER_NOT_FOUND", "the CUDA driver could not be opened: " + reason);
  }
  Driver found{};
#define CUDA_FUNCTION(name, params)                                                     \
  found.name = reinterpret_cast<decltype(found.name)>(ort::FindSymbol(library, #name)); \
  if (found.name == nullptr)                                                            \
    throw ort::Error("ERR_CUDA_DRIVER_VERSION",                                         \
                     "the CUDA driver (" + path + ") is too old: it has no " #name);
#include "driver_functions.inc"
#undef CUDA_FUNCTION
  opened = found;
}

void Initialize() {
  const CUresult error = opened.cuInit(0);
  if (error == CUDA_ERROR_NO_DEVICE) {
    throw ort::Error("ERR_CUDA_NO_DEVICE", "the CUDA driver finds no GPU (" + Describe(error) + ")");
  }
  if (error == CUDA_ERROR_STUB_LIBRARY) {
    throw ort::Error("ERR_CUDA_DRIVER_NOT_FOUND",
                     "the CUDA driver is the toolkit's stub (" + Describe(error) + ")");
  }
  if (error != CUDA_SUCCESS) Throw(error, "cuInit");
}

}  // namespace

const Driver& OpenDriver() {
  static std::mutex mutex;
  static bool loaded = false;
  static bool initialized = false;
  const std::lock_guard lock(mutex);
  if (!loaded) Load();
  loaded = true;
  if (!initialized) Initialize();
  initialized = true;
  return opened;
}

const Driver& driver() noexcept { return opened; }

std::string Name(CUresult error) {
  const char* name = nullptr;
  if (opened.cuGetErrorName(error, &name) == CUDA_SUCCESS && name != nullptr) return name;
  return "CUDA error " + std::to_string(static_cast<int>(error));
}

void Throw(CUresult error, const char* call) {
  constexpr std::string_view kPrefix = "CUDA_ERROR_";
  const std::string name = Name(error);
  const std::string code = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "FAILURE";
  throw ort::Error("ERR_CUDA_" + code, std::string(call) + " failed (" + Describe(error) + ")");
}

bool IsFatal(CUresult error) noexcept {
  switch (error) {
    case CUDA_ERROR_ECC_UNCORRECTABLE:
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_CONTEXT_IS_DESTROYED:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_UNKNOWN:
      return true;
    default:
      return false;
  }
}

}  // namespace device::cuda
