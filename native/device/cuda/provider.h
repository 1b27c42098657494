// Where the CUDA path meets ONNX Runtime and the machine. In the build for the fake driver
// test/fake-cuda/provider.cc takes the place of provider.cc: there sessions run on the CPU, in memory that
// the fake calls a device's.
#pragma once

#include <string>

#include "device/device.h"
#include "driver_types.h"
#include "ort/handles.h"

namespace device::cuda {

// The driver's library, as the loader finds it.
std::string DriverLibrary();

ort::MemoryInfoHandle MakeMemoryInfo(int id);
ort::MemoryInfoHandle MakePinnedMemoryInfo(int id);
// Whether ONNX Runtime wants an input or output in the GPU's memory.
bool IsDeviceMemory(const OrtMemoryInfo* info);

// Appends the provider; `stream`, unless null, is what it computes on.
void AppendProvider(OrtSessionOptions* options, const Options& provider_options, CUstream stream);

// Enqueues a run on the session's stream.
void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding, CUstream stream);

}  // namespace device::cuda
