// libcuda.so.1: initialization, errors, devices and contexts. The functions of its files are those that the
// addon (native/device/cuda/driver_functions.inc) and the provider call.
#include "driver/driver.h"

#include <utility>

namespace sim {

std::uintptr_t ContextHandle(int device) {
  return 0xC700000000ull + static_cast<std::uintptr_t>(device) * 16;
}

int ContextDevice(CUcontext context) {
  for (int device = 0; device < state().devices; ++device) {
    if (reinterpret_cast<std::uintptr_t>(context) == ContextHandle(device)) return device;
  }
  throw Error{CUDA_ERROR_INVALID_CONTEXT, "no such context"};
}

void NeedContext() {
  if (!state().initialized) throw Error{CUDA_ERROR_NOT_INITIALIZED, "before cuInit"};
  if (thread().contexts.empty()) {
    state().Violation("a call without a current context");
    throw Error{CUDA_ERROR_INVALID_CONTEXT, "without a current context"};
  }
}

std::string On(CUstream stream) {
  const std::lock_guard lock(state().mutex);
  try {
    return Name(state().FindStream(stream));
  } catch (const Error&) {
    return "s?";
  }
}

}  // namespace sim

using namespace sim;

DRIVER_EXPORT cuInit(unsigned int) {
  return Call(__func__, kUsual, "", [](State& s, auto&) {
    if (s.devices < 1) return CUDA_ERROR_NO_DEVICE;
    s.initialized = true;
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuDriverGetVersion(int* version) {
  *version = 13000;
  return CUDA_SUCCESS;
}
DRIVER_EXPORT cuGetErrorName(CUresult error, const char** name) {
  *name = ErrorName(error);
  return *name != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
DRIVER_EXPORT cuGetErrorString(CUresult error, const char** text) {
  *text = ErrorText(error);
  return *text != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
DRIVER_EXPORT cuDeviceGetCount(int* count) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) { return *count = s.devices, CUDA_SUCCESS; });
}
DRIVER_EXPORT cuDeviceGet(CUdevice* device, int ordinal) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) {
    if (ordinal < 0 || ordinal >= s.devices) return CUDA_ERROR_INVALID_DEVICE;
    return *device = ordinal, CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return Call(__func__, kUsual, "", [&](State&, auto&) {
    return *context = reinterpret_cast<CUcontext>(ContextHandle(device)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuCtxPushCurrent_v2(CUcontext context) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kSurvives, "", [&](State&, auto&) {
    return thread().contexts.push_back(ContextDevice(context)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuCtxPopCurrent_v2(CUcontext* context) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kSurvives, "", [&](State&, auto&) {
    NeedContext();
    if (context != nullptr) *context = reinterpret_cast<CUcontext>(ContextHandle(thread().contexts.back()));
    return thread().contexts.pop_back(), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuCtxSetCurrent(CUcontext context) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kSurvives, "", [&](State&, auto&) {
    if (!thread().contexts.empty()) thread().contexts.pop_back();
    return thread().contexts.push_back(ContextDevice(context)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuCtxGetCurrent(CUcontext* context) {
  *context =
      thread().contexts.empty() ? nullptr : reinterpret_cast<CUcontext>(ContextHandle(CurrentDevice()));
  return CUDA_SUCCESS;
}
DRIVER_EXPORT cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kSurvives, "",
              [&](State&, auto&) { return std::swap(*mode, thread().mode), CUDA_SUCCESS; });
}
