#include "runtime/runtime.h"

namespace sim {

void Initialize() {
  state().initialized = true;
  if (state().devices < 1) throw Error{CUDA_ERROR_NO_DEVICE, ""};
  if (thread().contexts.empty()) thread().contexts.push_back(0);
}

cudaError_t Keep(CUresult result) {
  if (result != CUDA_SUCCESS && result != CUDA_ERROR_NOT_READY) thread().last_error = result;
  return static_cast<cudaError_t>(result);
}

std::string On(cudaStream_t stream) {
  const std::lock_guard lock(state().mutex);
  try {
    return Name(state().FindStream(stream));
  } catch (const Error&) {
    return "s?";
  }
}

std::string What(State& s, const void* address) {
  const Block* block = s.memory.Find(reinterpret_cast<std::uintptr_t>(address));
  if (block == nullptr) return "pageable";
  return Format("%s%llu", block->kind == Block::Kind::kPinned ? "pinned" : "b",
                static_cast<unsigned long long>(block->number));
}

}  // namespace sim
