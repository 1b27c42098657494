// The CUDA execution provider and the driver's library. The build for the fake driver has
// test/fake-cuda/provider.cc in place of provider.cc: sessions then run on the CPU, on memory that stands for
// device memory.
#pragma once

#include <string>

#include "device/device.h"
#include "driver_types.h"
#include "ort/handles.h"

namespace device::cuda {

// The name of the driver's library, for the loader.
std::string DriverLibrary();

ort::MemoryInfoHandle MakeMemoryInfo(int id);
ort::MemoryInfoHandle MakePinnedMemoryInfo(int id);
// Whether ONNX Runtime has an input or output of this description in GPU memory.
bool IsDeviceMemory(const OrtMemoryInfo* info);

// Appends the provider, which computes on `stream` unless it is null.
void AppendProvider(OrtSessionOptions* options, const Options& provider_options, CUstream stream);

// Enqueues a run on the session's stream.
void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding, CUstream stream);

}  // namespace device::cuda
