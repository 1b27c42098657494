#include "provider.h"

#include <cstring>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#endif

namespace device::cuda {

std::string DriverLibrary() {
#ifdef _WIN32
  // Its installer puts it there, and nobody else may.
  char folder[MAX_PATH];
  const UINT length = GetSystemDirectoryA(folder, MAX_PATH);
  return std::string(folder, length < MAX_PATH ? length : 0) + "\\nvcuda.dll";
#else
  return "libcuda.so.1";
#endif
}

ort::MemoryInfoHandle MakeMemoryInfo(int id) {
  return ort::Create<ort::MemoryInfoHandle>(ort::api().CreateMemoryInfo, "Cuda", OrtDeviceAllocator, id,
                                            OrtMemTypeDefault);
}

ort::MemoryInfoHandle MakePinnedMemoryInfo(int id) {
  return ort::Create<ort::MemoryInfoHandle>(ort::api().CreateMemoryInfo, "CudaPinned", OrtDeviceAllocator, id,
                                            OrtMemTypeDefault);
}

bool IsDeviceMemory(const OrtMemoryInfo* info) {
  // By name, since the device type of pinned memory is the GPU too.
  const char* name = nullptr;
  ort::Check(ort::api().MemoryInfoGetName(info, &name));
  return std::strcmp(name, "Cuda") == 0;
}

void AppendProvider(OrtSessionOptions* options, const Options& provider_options, CUstream stream) {
  const auto cuda = ort::Create<ort::CudaOptionsHandle>(ort::api().CreateCUDAProviderOptions);
  const OptionArrays arrays(provider_options);
  // One call, since each call resets the options that it omits. It would reset the stream too, which
  // therefore comes last.
  ort::Check(ort::api().UpdateCUDAProviderOptions(cuda.get(), arrays.keys.data(), arrays.values.data(),
                                                  arrays.keys.size()));
  if (stream != nullptr) {
    ort::Check(ort::api().UpdateCUDAProviderOptionsWithValue(cuda.get(), "user_compute_stream", stream));
  }
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider_CUDA_V2(options, cuda.get()));
}

void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding, CUstream) {
  ort::Check(ort::api().RunWithBinding(session, options, binding));
}

}  // namespace device::cuda
