// libcudart.so.13: versions, devices and errors.
#include <cstring>

#include "runtime/runtime.h"

using namespace sim;

RUNTIME_EXPORT cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
RUNTIME_EXPORT cudaDriverGetVersion(int* version) { return *version = 13000, cudaSuccess; }
RUNTIME_EXPORT cudaGetDeviceCount(int* count) {
  *count = state().devices;
  return state().devices > 0 ? cudaSuccess : Keep(CUDA_ERROR_NO_DEVICE);
}
RUNTIME_EXPORT cudaGetDevice(int* device) {
  if (sim::null_mode) return *device = 0, cudaSuccess;
  return Run(__func__, kSurvives, "", [&](State&, auto&) { return *device = CurrentDevice(), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaSetDevice(int device) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, Format("%d", device), [&](State& s, auto&) {
    if (device < 0 || device >= s.devices) return CUDA_ERROR_INVALID_DEVICE;
    return thread().contexts.back() = device, CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaDeviceSynchronize() {
  return Run(__func__, kUnsafe, "", [](State& s, auto&) { return s.SynchronizeAll(), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaGetDeviceProperties(cudaDeviceProp* prop, int device) {
  return Run(__func__, kUsual, "", [&](State& s, auto&) {
    if (device < 0 || device >= s.devices) return CUDA_ERROR_INVALID_DEVICE;
    *prop = {};
    std::strcpy(prop->name, "CUDA simulation (no GPU)");
    prop->totalGlobalMem = s.device_bytes;
    prop->sharedMemPerBlock = 49152;
    prop->regsPerBlock = 65536;
    prop->warpSize = 32;
    prop->maxThreadsPerBlock = 1024;
    prop->maxThreadsDim[0] = prop->maxThreadsDim[1] = 1024;
    prop->maxThreadsDim[2] = 64;
    prop->maxGridSize[0] = 2147483647;
    prop->maxGridSize[1] = prop->maxGridSize[2] = 65535;
    prop->totalConstMem = 65536;
    prop->major = 7;
    prop->minor = 5;
    prop->multiProcessorCount = 4;
    prop->canMapHostMemory = 1;
    prop->concurrentKernels = 1;
    prop->asyncEngineCount = 2;
    prop->unifiedAddressing = 1;
    prop->memoryBusWidth = 256;
    prop->l2CacheSize = 1 << 20;
    prop->maxThreadsPerMultiProcessor = 1024;
    prop->streamPrioritiesSupported = 1;
    prop->sharedMemPerMultiprocessor = 65536;
    prop->regsPerMultiprocessor = 65536;
    prop->sharedMemPerBlockOptin = 65536;
    prop->maxBlocksPerMultiProcessor = 16;
    return CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor:
      *value = 7;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 5;
      break;
    case cudaDevAttrMultiProcessorCount:
      *value = 4;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = 49152;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = 65536;
      break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = 65536;
      break;
    case cudaDevAttrMaxThreadsPerBlock:
      *value = 1024;
      break;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = 1024;
      break;
    case cudaDevAttrWarpSize:
      *value = 32;
      break;
    case cudaDevAttrMaxGridDimX:
      *value = 2147483647;
      break;
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ:
      *value = 65535;
      break;
    case cudaDevAttrMemoryPoolsSupported:
      *value = 1;
      break;
    default:
      *value = 0;
      break;
  }
  return cudaSuccess;
}
RUNTIME_EXPORT cudaGetLastError() {
  const CUresult error = thread().last_error;
  thread().last_error = CUDA_SUCCESS;
  return static_cast<cudaError_t>(state().broken != CUDA_SUCCESS ? state().broken : error);
}
RUNTIME_EXPORT cudaPeekAtLastError() {
  return static_cast<cudaError_t>(state().broken != CUDA_SUCCESS ? state().broken : thread().last_error);
}
SIM_EXPORT const char* CUDARTAPI cudaGetErrorName(cudaError_t error) {
  return RuntimeErrorName(static_cast<CUresult>(error));
}
SIM_EXPORT const char* CUDARTAPI cudaGetErrorString(cudaError_t error) {
  return ErrorText(static_cast<CUresult>(error));
}
