// libcudart.so.13: launches.
#include "machine/module.h"
#include "runtime/runtime.h"

using namespace sim;

namespace {

cudaError_t DoLaunch(const char* name, const void* func, dim3 grid, dim3 block, void** args, size_t shared,
                     cudaStream_t stream) {
  return Run(name, kUsual, On(stream), [&](State& s, std::string& detail) {
    Kernel& kernel = FindKernel(func);
    detail += Format(" <<<%u,%u,%u x %u,%u,%u>>> ", grid.x, grid.y, grid.z, block.x, block.y, block.z) +
              Demangle(kernel.name);
    const unsigned threads = block.x * block.y * block.z;
    if (threads == 0 || threads > 1024 || grid.x * grid.y * grid.z == 0)
      return static_cast<CUresult>(cudaErrorInvalidConfiguration);
    const Launch launch{
        {grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, static_cast<unsigned>(shared), {}};
    LaunchKernel(s.FindStream(stream), kernel, launch, args);
    return CUDA_SUCCESS;
  });
}

}  // namespace

RUNTIME_EXPORT __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** args, size_t shared,
                                  cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return DoLaunch("cudaLaunchKernel", kernel, grid, block, args, shared, stream);
}
RUNTIME_EXPORT cudaLaunchKernel(const void* func, dim3 grid, dim3 block, void** args, size_t shared,
                                cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return DoLaunch(__func__, func, grid, block, args, shared, stream);
}
RUNTIME_EXPORT cudaLaunchCooperativeKernel(const void* func, dim3 grid, dim3 block, void** args,
                                           size_t shared, cudaStream_t stream) {
  return DoLaunch(__func__, func, grid, block, args, shared, stream);
}
RUNTIME_EXPORT cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* func, void** args) {
  NULL_MODE(cudaSuccess);
  return DoLaunch(__func__, func, config->gridDim, config->blockDim, args, config->dynamicSmemBytes,
                  config->stream);
}
RUNTIME_EXPORT cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t fn, void* data) {
  return Run(__func__, kUsual, On(stream), [&](State& s, auto&) {
    return s.Submit(s.FindStream(stream), "host function", [fn, data] { fn(data); }), CUDA_SUCCESS;
  });
}
