// Never shipped: compiled against NVIDIA's official header, which proves every row of driver_functions.inc
// and every type and value of driver_types.h.
#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

// The header maps names to later versions of functions. A row has the exported name, which maps to itself.
#define CHECK_TEXT(text) #text
#define CHECK_EXPANDED(name) std::string_view(CHECK_TEXT(name))
#define CUDA_FUNCTION(name, params)                                                               \
  static_assert(CHECK_EXPANDED(name) == std::string_view(#name), #name " is an earlier version"); \
  static_assert(std::is_same_v<decltype(&name), CUresult(CUDAAPI*) params>, #name " has another prototype");
#include "driver_functions.inc"
#undef CUDA_FUNCTION

// Macros of the header, under names of ours.
namespace official {
constexpr unsigned int kPortable = CU_MEMHOSTALLOC_PORTABLE;
constexpr unsigned int kDeviceMap = CU_MEMHOSTALLOC_DEVICEMAP;
}  // namespace official
#undef CU_MEMHOSTALLOC_PORTABLE
#undef CU_MEMHOSTALLOC_DEVICEMAP

// Our types beside the official ones; the headers that driver_types.h includes are included above.
namespace ours {
#include "driver_types.h"
}

static_assert(std::is_same_v<ours::CUdevice, CUdevice>);
static_assert(std::is_same_v<ours::CUdeviceptr, CUdeviceptr>);
static_assert(std::is_pointer_v<CUcontext> && std::is_pointer_v<CUevent> && std::is_pointer_v<CUstream>);
static_assert(sizeof(ours::CUresult) == sizeof(CUresult));
static_assert(sizeof(ours::CUstreamCaptureMode) == sizeof(CUstreamCaptureMode));
static_assert(ours::CU_STREAM_NON_BLOCKING == CU_STREAM_NON_BLOCKING);
static_assert(ours::CU_EVENT_BLOCKING_SYNC == CU_EVENT_BLOCKING_SYNC);
static_assert(ours::CU_EVENT_DISABLE_TIMING == CU_EVENT_DISABLE_TIMING);
static_assert(ours::CU_MEMHOSTALLOC_PORTABLE == official::kPortable);
static_assert(ours::CU_MEMHOSTALLOC_DEVICEMAP == official::kDeviceMap);

// Switches without a default: the compiler names an enumerator that no case checks.
#define CHECK_VALUE(name)                                                           \
  case ours::name:                                                                  \
    static_assert(static_cast<int>(ours::name) == static_cast<int>(::name), #name); \
    break;

[[maybe_unused]] static void CheckResults(ours::CUresult result) {
  switch (result) {
    CHECK_VALUE(CUDA_SUCCESS)
    CHECK_VALUE(CUDA_ERROR_INVALID_VALUE)
    CHECK_VALUE(CUDA_ERROR_OUT_OF_MEMORY)
    CHECK_VALUE(CUDA_ERROR_NOT_INITIALIZED)
    CHECK_VALUE(CUDA_ERROR_DEINITIALIZED)
    CHECK_VALUE(CUDA_ERROR_STUB_LIBRARY)
    CHECK_VALUE(CUDA_ERROR_NO_DEVICE)
    CHECK_VALUE(CUDA_ERROR_INVALID_DEVICE)
    CHECK_VALUE(CUDA_ERROR_INVALID_CONTEXT)
    CHECK_VALUE(CUDA_ERROR_ECC_UNCORRECTABLE)
    CHECK_VALUE(CUDA_ERROR_INVALID_HANDLE)
    CHECK_VALUE(CUDA_ERROR_NOT_READY)
    CHECK_VALUE(CUDA_ERROR_ILLEGAL_ADDRESS)
    CHECK_VALUE(CUDA_ERROR_LAUNCH_TIMEOUT)
    CHECK_VALUE(CUDA_ERROR_CONTEXT_IS_DESTROYED)
    CHECK_VALUE(CUDA_ERROR_ASSERT)
    CHECK_VALUE(CUDA_ERROR_HARDWARE_STACK_ERROR)
    CHECK_VALUE(CUDA_ERROR_ILLEGAL_INSTRUCTION)
    CHECK_VALUE(CUDA_ERROR_MISALIGNED_ADDRESS)
    CHECK_VALUE(CUDA_ERROR_INVALID_ADDRESS_SPACE)
    CHECK_VALUE(CUDA_ERROR_INVALID_PC)
    CHECK_VALUE(CUDA_ERROR_LAUNCH_FAILED)
    CHECK_VALUE(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
    CHECK_VALUE(CUDA_ERROR_UNKNOWN)
  }
}

[[maybe_unused]] static void CheckModes(ours::CUstreamCaptureMode mode) {
  switch (mode) {
    CHECK_VALUE(CU_STREAM_CAPTURE_MODE_GLOBAL)
    CHECK_VALUE(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
    CHECK_VALUE(CU_STREAM_CAPTURE_MODE_RELAXED)
  }
}
