// The driver's functions for memory: allocations, and queued copies.
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "state.h"

using namespace fake_cuda;

namespace {

CUresult Allocate(State& s, Block::Kind kind, std::size_t bytes, std::byte** data) {
  const int device = s.CurrentDevice();
  if (bytes == 0) throw Breach{CUDA_ERROR_INVALID_VALUE, "nothing to allocate"};
  const std::size_t used = s.memory.Used(kind, device);
  Block* block = bytes <= kDeviceBytes - used ? s.memory.Allocate(kind, device, bytes) : nullptr;
  if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  std::uint64_t all = 0;
  for (int i = 0; i < kMaxDevices; ++i) all += s.memory.Used(kind, i);
  std::uint64_t& peak = s.peak_bytes[static_cast<std::size_t>(kind)];
  peak = std::max(peak, all);
  *data = block->data;
  return CUDA_SUCCESS;
}

CUresult Free(State& s, const Spec& spec, Block::Kind kind, std::uintptr_t address) {
  Block* block = s.memory.Find(address);
  if (block == nullptr || block->kind != kind || reinterpret_cast<std::uintptr_t>(block->data) != address) {
    const bool twice = s.memory.OverlapsFreed(address, 1);
    throw Breach{CUDA_ERROR_INVALID_VALUE, twice ? "freed already" : "not the start of an allocation"};
  }
  if (kind == Block::Kind::kDevice && block->device != s.CurrentDevice()) {
    throw Breach{CUDA_ERROR_INVALID_VALUE, Describe(*block) + ", freed in another device's context"};
  }
  // The real driver waits for the work here, which no run should need.
  while (const CUstream stream = s.streams.PendingOn(*block)) {
    s.Violation(spec, "stream " + std::to_string(s.streams.Find(stream)->number) + " has work queued on " +
                          Describe(*block));
    s.streams.Run(stream);
  }
  if (const auto overrun = s.memory.CheckCanaries(*block)) s.Violation(spec, *overrun);
  s.memory.Free(*block);
  return CUDA_SUCCESS;
}

// What a handle has: the block, and whose it is.
struct Shared {
  Block block;
  int process;
};
static_assert(sizeof(Shared) <= sizeof(CUipcMemHandle));

CUresult Copy(State& s, CUstream stream, std::byte* to, const std::byte* from, std::size_t bytes) {
  s.streams.Queue(stream, {.kind = Work::Kind::kCopy, .to = to, .from = from, .bytes = bytes});
  return CUDA_SUCCESS;
}

// In a capture: the addresses on the host are null where the copy is of device memory.
CUresult Record(const void* from_host, CUdeviceptr from, void* to_host, CUdeviceptr to, std::size_t bytes,
                bool pinned) {
  if (!pinned) throw Breach{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a copy of pageable memory in a capture"};
  CUDA_MEMCPY3D copy{};
  copy.srcMemoryType = from_host != nullptr ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  copy.srcHost = from_host;
  copy.srcDevice = from;
  copy.dstMemoryType = to_host != nullptr ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
  copy.dstHost = to_host;
  copy.dstDevice = to;
  copy.WidthInBytes = bytes;
  copy.Height = copy.Depth = 1;
  thread().recorded.push_back({.copy = copy});
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  return Call({.name = __func__}, [&](State& s) {
    *Required(free) = kDeviceBytes - s.memory.Used(Block::Kind::kDevice, s.CurrentDevice());
    *Required(total) = kDeviceBytes;
    return CUDA_SUCCESS;
  });
}

CUresult cuMemAlloc_v2(CUdeviceptr* memory, size_t bytes) {
  return Call({.name = __func__, .rules = kRefusedInCapture, .bytes = bytes}, [&](State& s) {
    Required(memory);
    std::byte* data = nullptr;
    const CUresult result = Allocate(s, Block::Kind::kDevice, bytes, &data);
    if (result == CUDA_SUCCESS) *memory = reinterpret_cast<CUdeviceptr>(data);
    return result;
  });
}

CUresult cuMemFree_v2(CUdeviceptr memory) {
  const Spec spec{.name = __func__, .rules = kRefusedInCapture | kSurvives};
  return Call(spec, [&](State& s) {
    const Block* block = s.memory.Find(memory);
    if (block != nullptr && block->foreign) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "another process's allocation"};
    }
    return Free(s, spec, Block::Kind::kDevice, memory);
  });
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* memory, size_t* bytes, CUdeviceptr address) {
  return Call({.name = __func__}, [&](State& s) {
    const Block* block = s.memory.Find(address);
    if (block == nullptr) throw Breach{CUDA_ERROR_INVALID_VALUE, "not in an allocation"};
    *Required(memory) = reinterpret_cast<CUdeviceptr>(block->data);
    *Required(bytes) = block->bytes;
    return CUDA_SUCCESS;
  });
}

CUresult cuIpcGetMemHandle(CUipcMemHandle* handle, CUdeviceptr memory) {
  return Call({.name = __func__}, [&](State& s) {
    Block* block = s.memory.Find(memory);
    if (block == nullptr || block->kind != Block::Kind::kDevice || block->foreign ||
        reinterpret_cast<CUdeviceptr>(block->data) != memory) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "not the start of an allocation of this process"};
    }
    if (!s.memory.Share(*block)) return CUDA_ERROR_OUT_OF_MEMORY;
    const Shared shared{*block, getpid()};
    std::memcpy(Required(handle), &shared, sizeof shared);
    return CUDA_SUCCESS;
  });
}

CUresult cuIpcOpenMemHandle_v2(CUdeviceptr* memory, CUipcMemHandle handle, unsigned int flags) {
  return Call({.name = __func__, .rules = kRefusedInCapture}, [&](State& s) {
    AllowFlags(flags, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
    Shared shared{};
    std::memcpy(static_cast<void*>(&shared), &handle, sizeof shared);
    if (shared.process == getpid()) return CUDA_ERROR_INVALID_CONTEXT;
    const std::string file =
        "/proc/" + std::to_string(shared.process) + "/fd/" + std::to_string(shared.block.file);
    Block* block = s.memory.Open(shared.block, file);
    if (block == nullptr) return CUDA_ERROR_INVALID_VALUE;
    block->device = s.CurrentDevice();
    *Required(memory) = reinterpret_cast<CUdeviceptr>(block->data);
    return CUDA_SUCCESS;
  });
}

CUresult cuIpcCloseMemHandle(CUdeviceptr memory) {
  const Spec spec{.name = __func__, .rules = kRefusedInCapture | kSurvives};
  return Call(spec, [&](State& s) {
    const Block* block = s.memory.Find(memory);
    if (block == nullptr || !block->foreign) throw Breach{CUDA_ERROR_INVALID_VALUE, "not opened"};
    return Free(s, spec, Block::Kind::kDevice, memory);
  });
}

CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned int flags) {
  return Call({.name = __func__, .rules = kRefusedInCapture, .bytes = bytes}, [&](State& s) {
    AllowFlags(flags, 7);
    Required(memory);
    std::byte* data = nullptr;
    const CUresult result = Allocate(s, Block::Kind::kPinned, bytes, &data);
    if (result == CUDA_SUCCESS) *memory = data;
    return result;
  });
}

CUresult cuMemFreeHost(void* memory) {
  const Spec spec{.name = __func__, .rules = kRefusedInCapture | kSurvives};
  return Call(spec, [&](State& s) {
    return Free(s, spec, Block::Kind::kPinned, reinterpret_cast<std::uintptr_t>(memory));
  });
}

// Unified addressing: pinned memory has one address on every device and the host.
CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned int flags) {
  return Call({.name = __func__}, [&](State& s) {
    AllowFlags(flags, 0);
    const Block* block = s.memory.Find(reinterpret_cast<std::uintptr_t>(host));
    if (block == nullptr || block->kind != Block::Kind::kPinned) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "not pinned memory"};
    }
    *Required(device) = reinterpret_cast<CUdeviceptr>(host);
    return CUDA_SUCCESS;
  });
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream stream) {
  return Call({.name = __func__, .stream = stream, .bytes = bytes}, [&](State& s) {
    s.FindStream(stream);
    if (bytes == 0) return CUDA_SUCCESS;
    s.streams.Queue(stream, {.kind = Work::Kind::kFill,
                             .to = s.DeviceRange(to, bytes, s.CurrentDevice()),
                             .bytes = bytes,
                             .value = value});
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  return Call({.name = __func__, .rules = kRecorded, .stream = stream, .bytes = bytes}, [&](State& s) {
    s.FindStream(stream);
    if (bytes == 0) return CUDA_SUCCESS;
    bool pinned = false;
    std::byte* target = s.DeviceRange(to, bytes, s.CurrentDevice());
    const std::byte* source = s.HostRange(from, bytes, pinned);
    if (thread().captured == stream) return Record(from, 0, nullptr, to, bytes, pinned);
    if (pinned) return Copy(s, stream, target, source, bytes);
    s.streams.Queue(stream, {.kind = Work::Kind::kCopy,
                             .to = target,
                             .bytes = bytes,
                             .staged = std::vector<std::byte>(source, source + bytes)});
    return CUDA_SUCCESS;
  });
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return Call({.name = __func__, .rules = kRecorded, .stream = stream, .bytes = bytes}, [&](State& s) {
    s.FindStream(stream);
    if (bytes == 0) return CUDA_SUCCESS;
    bool pinned = false;
    const std::byte* source = s.DeviceRange(from, bytes, s.CurrentDevice());
    std::byte* target = s.HostRange(to, bytes, pinned);
    if (thread().captured == stream) return Record(nullptr, from, to, 0, bytes, pinned);
    const CUresult result = Copy(s, stream, target, source, bytes);
    if (!pinned) s.streams.Run(stream);
    return result;
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return Call({.name = __func__, .rules = kRecorded, .stream = stream, .bytes = bytes}, [&](State& s) {
    s.FindStream(stream);
    if (bytes == 0) return CUDA_SUCCESS;
    const int device = s.CurrentDevice();
    std::byte* target = s.DeviceRange(to, bytes, device);
    const std::byte* source = s.DeviceRange(from, bytes, device);
    if (thread().captured == stream) return Record(nullptr, from, nullptr, to, bytes, true);
    return Copy(s, stream, target, source, bytes);
  });
}

CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context,
                           size_t bytes, CUstream stream) {
  return Call({.name = __func__, .stream = stream, .bytes = bytes}, [&](State& s) {
    s.FindStream(stream);
    const int to_device = s.FindDevice(to_context);
    const int from_device = s.FindDevice(from_context);
    if (bytes == 0) return CUDA_SUCCESS;
    return Copy(s, stream, s.DeviceRange(to, bytes, to_device), s.DeviceRange(from, bytes, from_device),
                bytes);
  });
}
