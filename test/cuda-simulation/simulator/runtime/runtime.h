// What the files of libcudart.so.13 share.
#pragma once

#include <cuda_runtime_api.h>

#include <string>
#include <utility>

#include "core/call.h"

namespace sim {

// As CUDA does: the first call makes the primary context current.
void Initialize();
// Keeps the thread's last error.
cudaError_t Keep(CUresult result);
// The name of a stream in the log, and that of a block.
std::string On(cudaStream_t stream);
std::string What(State& s, const void* address);
template <typename Body>
cudaError_t Run(const char* name, unsigned rules, std::string detail, Body body) {
  return Keep(Call(name, rules, std::move(detail), [&](State& s, std::string& text) {
    Initialize();
    return body(s, text);
  }));
}

}  // namespace sim

#define RUNTIME_EXPORT SIM_EXPORT cudaError_t CUDARTAPI
