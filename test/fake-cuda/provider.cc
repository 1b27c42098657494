// In place of native/device/cuda/provider.cc: sessions run on the CPU, whose kernels read and write the fake
// driver's device memory. A kernel first does the work that is queued on its stream.
#include "device/cuda/provider.h"

#include "device/cuda/driver.h"
#include "ort/shared_library.h"

namespace device::cuda {

std::string DriverLibrary() { return FAKE_CUDA_DRIVER; }

// One for each device: memory infos are compared by address, as those of real devices are.
ort::MemoryInfoHandle MakeMemoryInfo(int) {
  return ort::Create<ort::MemoryInfoHandle>(ort::api().CreateCpuMemoryInfo, OrtDeviceAllocator,
                                            OrtMemTypeDefault);
}

ort::MemoryInfoHandle MakePinnedMemoryInfo(int id) { return MakeMemoryInfo(id); }

bool IsDeviceMemory(const OrtMemoryInfo*) { return true; }

void AppendProvider(OrtSessionOptions*, const Options&, CUstream) {}

void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding, CUstream stream) {
  using Flush = CUresult (*)(CUstream);
  std::string reason;
  static const auto flush =
      reinterpret_cast<Flush>(ort::FindSymbol(ort::OpenShared(DriverLibrary(), reason), "fake_cuda_flush"));
  const CUresult error = flush(stream);
  if (error != CUDA_SUCCESS) Throw(error, "fake_cuda_flush");
  ort::Check(ort::api().RunWithBinding(session, options, binding));
}

}  // namespace device::cuda
