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

namespace {

template <typename Function>
Function Find(const char* name) {
  std::string reason;
  return reinterpret_cast<Function>(ort::FindSymbol(ort::OpenShared(DriverLibrary(), reason), name));
}

struct Replay {
  OrtSession* session;
  const OrtRunOptions* options;
  const OrtIoBinding* binding;
};

// A launch of a graph reports no error of the model, and no abort reaches it.
void Repeat(void* context) {
  const auto* replay = static_cast<Replay*>(context);
  ort::Ignore(ort::api().RunWithBinding(replay->session, nullptr, replay->binding));
}

}  // namespace

void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding, CUstream stream) {
  static const auto record =
      Find<bool (*)(CUstream, void (*)(void*), void*, void (*)(void*))>("fake_cuda_record");
  auto replay = std::make_unique<Replay>(Replay{session, options, binding});
  if (record(stream, Repeat, replay.get(), [](void* context) { delete static_cast<Replay*>(context); })) {
    static_cast<void>(replay.release());
    return;
  }
  static const auto flush = Find<CUresult (*)(CUstream)>("fake_cuda_flush");
  const CUresult error = flush(stream);
  if (error != CUDA_SUCCESS) Throw(error, "fake_cuda_flush");
  ort::Check(ort::api().RunWithBinding(session, options, binding));
}

}  // namespace device::cuda
