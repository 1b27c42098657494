// libcuda.so.1: memory, copies and fills.
#include <algorithm>

#include "driver/driver.h"

using namespace sim;

DRIVER_EXPORT cuMemGetInfo_v2(size_t* free, size_t* total) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) {
    NeedContext();
    *total = s.device_bytes;
    *free = s.device_bytes - std::min(s.device_bytes, s.memory.Used(CurrentDevice()));
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemAlloc_v2(CUdeviceptr* memory, size_t bytes) {
  return Call(__func__, kUnsafe, Format("%zu", bytes), [&](State& s, auto& detail) {
    NeedContext();
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (bytes > s.device_bytes - s.memory.Used(CurrentDevice())) return CUDA_ERROR_OUT_OF_MEMORY;
    const Block* block = s.memory.AllocateDevice(bytes, CurrentDevice());
    if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
    detail += Format(" = b%llu", static_cast<unsigned long long>(block->number));
    return *memory = block->address, CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemFree_v2(CUdeviceptr memory) {
  return Call(__func__, kUnsafe | kSurvives, "", [&](State& s, auto& detail) {
    Block* block = s.memory.Find(memory);
    if (block == nullptr || block->address != memory || block->kind != Block::Kind::kDevice) {
      s.Violation("cuMemFree of what is not allocated");
      return CUDA_ERROR_INVALID_VALUE;
    }
    detail += Format("b%llu", static_cast<unsigned long long>(block->number));
    if (s.broken == CUDA_SUCCESS && s.Pending()) {
      detail += " (waits for all work)";
      s.SynchronizeAll();
    }
    return s.memory.Free(memory), CUDA_SUCCESS;
  });
}
// Not between processes.
DRIVER_EXPORT cuMemGetAddressRange_v2(CUdeviceptr* memory, size_t* bytes, CUdeviceptr address) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) {
    NeedContext();
    const Block* block = s.memory.Find(address);
    if (block == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return *memory = block->address, *bytes = block->bytes, CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuIpcGetMemHandle(CUipcMemHandle*, CUdeviceptr) { return CUDA_ERROR_NOT_SUPPORTED; }
DRIVER_EXPORT cuIpcOpenMemHandle_v2(CUdeviceptr*, CUipcMemHandle, unsigned int) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
DRIVER_EXPORT cuIpcCloseMemHandle(CUdeviceptr) { return CUDA_ERROR_NOT_SUPPORTED; }
DRIVER_EXPORT cuMemHostAlloc(void** memory, size_t bytes, unsigned int) {
  return Call(__func__, kUnsafe, Format("%zu", bytes), [&](State& s, auto& detail) {
    NeedContext();
    if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    const Block* block = s.memory.AllocatePinned(bytes, CurrentDevice());
    if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
    detail += Format(" = b%llu", static_cast<unsigned long long>(block->number));
    return *memory = reinterpret_cast<void*>(block->address), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemFreeHost(void* memory) {
  return Call(__func__, kUnsafe | kSurvives, "", [&](State& s, auto& detail) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    Block* block = s.memory.Find(address);
    if (block == nullptr || block->address != address || block->kind != Block::Kind::kPinned) {
      s.Violation("cuMemFreeHost of what is not allocated");
      return CUDA_ERROR_INVALID_VALUE;
    }
    detail += Format("b%llu", static_cast<unsigned long long>(block->number));
    if (s.broken == CUDA_SUCCESS && s.Pending()) {
      detail += " (waits for all work)";
      s.SynchronizeAll();
    }
    return s.memory.Free(address), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned int) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) {
    const Block* block = s.memory.Find(reinterpret_cast<std::uintptr_t>(host));
    if (block == nullptr || block->kind != Block::Kind::kPinned) return CUDA_ERROR_INVALID_VALUE;
    return *device = reinterpret_cast<CUdeviceptr>(host), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  return Call(__func__, kUsual, On(stream) + Format(" %zu", bytes), [&](State& s, auto&) {
    NeedContext();
    return s.Fill(s.FindStream(stream), reinterpret_cast<void*>(to), value, bytes), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUsual, On(stream) + Format(" %zu", bytes), [&](State& s, auto& detail) {
    NeedContext();
    if (s.memory.Find(reinterpret_cast<std::uintptr_t>(from)) == nullptr) detail += " pageable";
    return s.Copy(s.FindStream(stream), reinterpret_cast<void*>(to), from, bytes, false), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUsual, On(stream) + Format(" %zu", bytes), [&](State& s, auto& detail) {
    NeedContext();
    if (s.memory.Find(reinterpret_cast<std::uintptr_t>(to)) == nullptr) detail += " pageable";
    return s.Copy(s.FindStream(stream), to, reinterpret_cast<void*>(from), bytes, false), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return Call(__func__, kUsual, On(stream) + Format(" %zu", bytes), [&](State& s, auto&) {
    NeedContext();
    s.Copy(s.FindStream(stream), reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes, false);
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuMemcpyPeerAsync(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext, size_t bytes,
                                CUstream stream) {
  return Call(__func__, kUsual, On(stream) + Format(" %zu", bytes), [&](State& s, auto&) {
    NeedContext();
    s.Copy(s.FindStream(stream), reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes, false);
    return CUDA_SUCCESS;
  });
}
