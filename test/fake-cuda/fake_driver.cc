// The driver's functions for errors, devices, contexts and threads.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "state.h"

using namespace fake_cuda;

namespace {

int FromEnvironment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::atoi(text) : fallback;
}

struct ErrorText {
  const char* name;
  const char* text;
};

// No default: the compiler names a missing error.
ErrorText DescribeError(CUresult error) {
#define ERROR_TEXT(name, text) \
  case name:                   \
    return {#name, text};
  switch (error) {
    ERROR_TEXT(CUDA_SUCCESS, "no error")
    ERROR_TEXT(CUDA_ERROR_INVALID_VALUE, "invalid argument")
    ERROR_TEXT(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")
    ERROR_TEXT(CUDA_ERROR_NOT_INITIALIZED, "initialization error")
    ERROR_TEXT(CUDA_ERROR_DEINITIALIZED, "driver shutting down")
    ERROR_TEXT(CUDA_ERROR_STUB_LIBRARY, "CUDA driver is a stub library")
    ERROR_TEXT(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected")
    ERROR_TEXT(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal")
    ERROR_TEXT(CUDA_ERROR_INVALID_CONTEXT, "invalid device context")
    ERROR_TEXT(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered")
    ERROR_TEXT(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle")
    ERROR_TEXT(CUDA_ERROR_NOT_READY, "device not ready")
    ERROR_TEXT(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered")
    ERROR_TEXT(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated")
    ERROR_TEXT(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed")
    ERROR_TEXT(CUDA_ERROR_ASSERT, "device-side assert triggered")
    ERROR_TEXT(CUDA_ERROR_HARDWARE_STACK_ERROR, "hardware stack error")
    ERROR_TEXT(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered")
    ERROR_TEXT(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address")
    ERROR_TEXT(CUDA_ERROR_INVALID_ADDRESS_SPACE, "operation not supported on global/shared address space")
    ERROR_TEXT(CUDA_ERROR_INVALID_PC, "invalid program counter")
    ERROR_TEXT(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure")
    ERROR_TEXT(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing")
    ERROR_TEXT(CUDA_ERROR_UNKNOWN, "unknown error")
  }
#undef ERROR_TEXT
  return {nullptr, nullptr};
}

}  // namespace

// These two are neither counted nor logged, because error paths call them during a sweep over faults.
CUresult cuGetErrorName(CUresult error, const char** name) {
  *name = DescribeError(error).name;
  return *name != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  *text = DescribeError(error).text;
  return *text != nullptr ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuInit(unsigned int flags) {
  return Call({.name = __func__, .rules = kBeforeInit | kNoContext}, [&](State& s) {
    AllowFlags(flags, 0);
    if (const int refused = FromEnvironment("FAKE_CUDA_INIT", 0); refused != 0) {
      return static_cast<CUresult>(refused);
    }
    s.devices = std::min(FromEnvironment("FAKE_CUDA_DEVICES", 2), kMaxDevices);
    if (s.devices < 1) return CUDA_ERROR_NO_DEVICE;
    s.initialized = true;
    return CUDA_SUCCESS;
  });
}

CUresult cuDeviceGetCount(int* count) {
  return Call({.name = __func__, .rules = kNoContext}, [&](State& s) {
    *Required(count) = s.devices;
    return CUDA_SUCCESS;
  });
}

// An invalid device is not a misuse: this call is how a caller finds out.
CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  return Call({.name = __func__, .rules = kNoContext}, [&](State& s) {
    Required(device);
    if (ordinal < 0 || ordinal >= s.devices) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
  });
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  return Call({.name = __func__, .rules = kNoContext}, [&](State& s) {
    Required(context);
    if (device < 0 || device >= s.devices) throw Breach{CUDA_ERROR_INVALID_DEVICE, "no such device"};
    ++s.retained[static_cast<std::size_t>(device)];
    *context = s.DeviceContext(device);
    return CUDA_SUCCESS;
  });
}

// The thread's context stack works after a context is broken: without it nothing could be freed.
CUresult cuCtxPushCurrent_v2(CUcontext context) {
  return Call({.name = __func__, .rules = kNoContext | kSurvives}, [&](State& s) {
    thread().contexts.push_back(s.FindDevice(context));
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
  return Call({.name = __func__, .rules = kSurvives}, [&](State& s) {
    if (context != nullptr) *context = s.DeviceContext(s.CurrentDevice());
    thread().contexts.pop_back();
    return CUDA_SUCCESS;
  });
}

CUresult cuCtxSetCurrent(CUcontext context) {
  return Call({.name = __func__, .rules = kNoContext | kSurvives}, [&](State& s) {
    const int device = s.FindDevice(context);
    Thread& thread = fake_cuda::thread();
    thread.set = thread.set || thread.contexts.empty();
    if (!thread.contexts.empty()) thread.contexts.pop_back();
    thread.contexts.push_back(device);
    return CUDA_SUCCESS;
  });
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return Call({.name = __func__, .rules = kNoContext | kSurvives}, [&](State&) {
    if (*Required(mode) < CU_STREAM_CAPTURE_MODE_GLOBAL || *mode > CU_STREAM_CAPTURE_MODE_RELAXED) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "no such mode"};
    }
    std::swap(*mode, thread().mode);
    return CUDA_SUCCESS;
  });
}
