// libcudart.so.13: copies and fills.
#include <algorithm>

#include "machine/module.h"
#include "runtime/runtime.h"

using namespace sim;

namespace {

const char* Kind(cudaMemcpyKind kind) {
  static constexpr const char* kNames[] = {"HtoH", "HtoD", "DtoH", "DtoD", "any"};
  return kNames[std::min<unsigned>(kind, 4)];
}

}  // namespace

RUNTIME_EXPORT cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return Run(__func__, kUnsafe, Format("%zu %s", bytes, Kind(kind)), [&](State& s, auto& detail) {
    detail += " " + What(s, from) + " > " + What(s, to);
    return s.Copy(s.FindStream(nullptr), to, from, bytes, kind != cudaMemcpyDeviceToDevice), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                               cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream) + Format(" %zu %s", bytes, Kind(kind)),
             [&](State& s, auto& detail) {
               detail += " " + What(s, from) + " > " + What(s, to);
               return s.Copy(s.FindStream(stream), to, from, bytes, false), CUDA_SUCCESS;
             });
}
RUNTIME_EXPORT cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                                 size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  return Run(
      __func__, kUsual, On(stream) + Format(" %zux%zu %s", width, height, Kind(kind)), [&](State& s, auto&) {
        return s.Copy2D(s.FindStream(stream), to, to_pitch, from, from_pitch, width, height), CUDA_SUCCESS;
      });
}
RUNTIME_EXPORT cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset,
                                    cudaMemcpyKind) {
  return Run(__func__, kUnsafe, Format("%zu", bytes), [&](State& s, auto&) {
    const std::optional<Block> block = FindVariable(symbol);
    if (!block) return CUDA_ERROR_NOT_FOUND;
    return s.Copy(s.FindStream(nullptr), to, reinterpret_cast<void*>(block->address + offset), bytes, true),
           CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaMemset(void* to, int value, size_t bytes) {
  return Run(__func__, kUnsafe, Format("%zu", bytes),
             [&](State& s, auto&) { return s.Fill(s.FindStream(nullptr), to, value, bytes), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream) + Format(" %zu", bytes),
             [&](State& s, auto&) { return s.Fill(s.FindStream(stream), to, value, bytes), CUDA_SUCCESS; });
}
