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
static_assert(std::is_pointer_v<CUgraph> && std::is_pointer_v<CUgraphExec> && std::is_pointer_v<CUgraphNode>);
static_assert(sizeof(ours::CUgraphNodeType) == sizeof(CUgraphNodeType));
static_assert(sizeof(ours::CUmemorytype) == sizeof(CUmemorytype));
static_assert(sizeof(ours::CUipcMemHandle) == sizeof(CUipcMemHandle));
static_assert(sizeof(ours::CUDA_MEMCPY3D) == sizeof(CUDA_MEMCPY3D));
#define CHECK_FIELD(name) static_assert(offsetof(ours::CUDA_MEMCPY3D, name) == offsetof(CUDA_MEMCPY3D, name));
CHECK_FIELD(srcMemoryType)
CHECK_FIELD(srcHost)
CHECK_FIELD(dstMemoryType)
CHECK_FIELD(dstHost)
CHECK_FIELD(WidthInBytes)
CHECK_FIELD(Height)
CHECK_FIELD(Depth)
static_assert(sizeof(ours::CUresult) == sizeof(CUresult));
static_assert(sizeof(ours::CUstreamCaptureMode) == sizeof(CUstreamCaptureMode));
static_assert(ours::CU_STREAM_NON_BLOCKING == CU_STREAM_NON_BLOCKING);
static_assert(ours::CU_EVENT_BLOCKING_SYNC == CU_EVENT_BLOCKING_SYNC);
static_assert(ours::CU_EVENT_DISABLE_TIMING == CU_EVENT_DISABLE_TIMING);
static_assert(ours::CU_MEMHOSTALLOC_PORTABLE == official::kPortable);
static_assert(ours::CU_MEMHOSTALLOC_DEVICEMAP == official::kDeviceMap);

#define CHECK_VALUE(name) static_assert(static_cast<int>(ours::name) == static_cast<int>(::name), #name);
#define CUDA_RESULT(name, value) CHECK_VALUE(name)
#include "driver_results.inc"
CHECK_VALUE(CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS)
CHECK_VALUE(CU_STREAM_CAPTURE_MODE_GLOBAL)
CHECK_VALUE(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
CHECK_VALUE(CU_GRAPH_NODE_TYPE_KERNEL)
CHECK_VALUE(CU_GRAPH_NODE_TYPE_MEMCPY)
CHECK_VALUE(CU_GRAPH_NODE_TYPE_HOST)
CHECK_VALUE(CU_GRAPH_NODE_TYPE_GRAPH)
CHECK_VALUE(CU_MEMORYTYPE_HOST)
CHECK_VALUE(CU_MEMORYTYPE_DEVICE)
CHECK_VALUE(CU_STREAM_CAPTURE_MODE_RELAXED)
