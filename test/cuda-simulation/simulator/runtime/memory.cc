// libcudart.so.13: memory.
#include <algorithm>

#include "runtime/runtime.h"

using namespace sim;

namespace {

struct Pool {
  int device;
};

CUresult AllocateDevice(State& s, void** memory, size_t bytes, std::string& detail) {
  if (bytes == 0) return *memory = nullptr, CUDA_SUCCESS;
  if (bytes > s.device_bytes - std::min(s.device_bytes, s.memory.Used(CurrentDevice())))
    return CUDA_ERROR_OUT_OF_MEMORY;
  const Block* block = s.memory.AllocateDevice(bytes, CurrentDevice());
  if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  detail += Format(" = b%llu", static_cast<unsigned long long>(block->number));
  return *memory = reinterpret_cast<void*>(block->address), CUDA_SUCCESS;
}

CUresult AllocateHost(State& s, void** memory, size_t bytes, std::string& detail) {
  const Block* block = s.memory.AllocatePinned(std::max<size_t>(bytes, 1), CurrentDevice());
  if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  detail += Format(" = pinned%llu", static_cast<unsigned long long>(block->number));
  return *memory = reinterpret_cast<void*>(block->address), CUDA_SUCCESS;
}

CUresult Release(State& s, void* memory, Block::Kind kind, std::string& detail) {
  if (memory == nullptr) return CUDA_SUCCESS;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  Block* block = s.memory.Find(address);
  if (block == nullptr || block->address != address || block->kind != kind) {
    s.Violation("a free of what is not allocated");
    return CUDA_ERROR_INVALID_VALUE;
  }
  detail += What(s, memory);
  if (s.broken == CUDA_SUCCESS && s.Pending()) {
    detail += " (waits for all work)";
    s.SynchronizeAll();
  }
  return s.memory.Free(address), CUDA_SUCCESS;
}

}  // namespace

RUNTIME_EXPORT cudaMemGetInfo(size_t* free, size_t* total) {
  return Run(__func__, kUsual, "", [&](State& s, auto&) {
    *total = s.device_bytes;
    *free = s.device_bytes - std::min(s.device_bytes, s.memory.Used(CurrentDevice()));
    return CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaMalloc(void** memory, size_t bytes) {
  return Run(__func__, kUnsafe, Format("%zu", bytes),
             [&](State& s, auto& detail) { return AllocateDevice(s, memory, bytes, detail); });
}
RUNTIME_EXPORT cudaFree(void* memory) {
  return Run(__func__, kUnsafe | kSurvives, "",
             [&](State& s, auto& detail) { return Release(s, memory, Block::Kind::kDevice, detail); });
}
RUNTIME_EXPORT cudaMallocHost(void** memory, size_t bytes) {
  return Run(__func__, kUnsafe, Format("%zu", bytes),
             [&](State& s, auto& detail) { return AllocateHost(s, memory, bytes, detail); });
}
RUNTIME_EXPORT cudaHostAlloc(void** memory, size_t bytes, unsigned int flags) {
  return Run(__func__, kUnsafe, Format("%zu flags %u", bytes, flags),
             [&](State& s, auto& detail) { return AllocateHost(s, memory, bytes, detail); });
}
RUNTIME_EXPORT cudaFreeHost(void* memory) {
  return Run(__func__, kUnsafe | kSurvives, "",
             [&](State& s, auto& detail) { return Release(s, memory, Block::Kind::kPinned, detail); });
}
RUNTIME_EXPORT cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* props) {
  return Run(__func__, kUsual, "", [&](State&, auto&) {
    return *pool = reinterpret_cast<cudaMemPool_t>(new Pool{props->location.id}), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaMemPoolDestroy(cudaMemPool_t pool) {
  return Run(__func__, kUsual, "",
             [&](State&, auto&) { return delete reinterpret_cast<Pool*>(pool), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void* value) {
  return *static_cast<std::uint64_t*>(value) = 0, cudaSuccess;
}
RUNTIME_EXPORT cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }
RUNTIME_EXPORT cudaMemPoolTrimTo(cudaMemPool_t, size_t) { return cudaSuccess; }
RUNTIME_EXPORT cudaMallocFromPoolAsync(void** memory, size_t bytes, cudaMemPool_t, cudaStream_t stream) {
  return Run(__func__, kUsual, On(stream) + Format(" %zu", bytes),
             [&](State& s, auto& detail) { return AllocateDevice(s, memory, bytes, detail); });
}
RUNTIME_EXPORT cudaFreeAsync(void* memory, cudaStream_t stream) {
  return Run(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    detail += " " + What(s, memory);
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    return s.Submit(s.FindStream(stream), "free", [&s, address] { s.memory.Free(address); }), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return Run(__func__, kUsual, "", [&](State& s, auto& detail) {
    const Block* block = s.memory.Find(reinterpret_cast<std::uintptr_t>(pointer));
    detail = What(s, pointer);
    *attributes = {};
    attributes->device = block != nullptr ? block->device : -2;
    attributes->hostPointer = const_cast<void*>(pointer);
    attributes->type = block == nullptr                      ? cudaMemoryTypeUnregistered
                       : block->kind == Block::Kind::kPinned ? cudaMemoryTypeHost
                                                             : cudaMemoryTypeDevice;
    if (attributes->type == cudaMemoryTypeDevice) attributes->hostPointer = nullptr;
    if (block != nullptr) attributes->devicePointer = const_cast<void*>(pointer);
    return CUDA_SUCCESS;
  });
}
