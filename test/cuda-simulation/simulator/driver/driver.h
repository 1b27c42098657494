// What the files of libcuda.so.1 share.
#pragma once

#include "core/call.h"

namespace sim {

// Handles of the primary contexts, by device.
std::uintptr_t ContextHandle(int device);
int ContextDevice(CUcontext context);
void NeedContext();
// The name of a stream in the log.
std::string On(CUstream stream);

}  // namespace sim

#define DRIVER_EXPORT SIM_EXPORT CUresult CUDAAPI
