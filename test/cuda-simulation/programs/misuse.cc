// Small CUDA programs, right and wrong, with a kernel of ONNX Runtime's CUDA provider: misuse PROVIDER
// PROGRAM. Each prints what CUDA reported, and the tests compare.
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "core/control.h"
#include "provider_kernel.h"

namespace {

constexpr int kCount = 1000;
constexpr std::size_t kBytes = kCount * sizeof(float);

void Need(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return;
  std::printf("%s: %d\n", what, result);
  std::exit(2);
}

void Report(const char* what, int result) { std::printf("%s: %d\n", what, result); }

CUdeviceptr Allocate(std::size_t bytes = kBytes) {
  CUdeviceptr memory = 0;
  Need(cuMemAlloc(&memory, bytes), "cuMemAlloc");
  return memory;
}

float* AllocatePinned() {
  void* memory = nullptr;
  Need(cuMemHostAlloc(&memory, kBytes, 0), "cuMemHostAlloc");
  return static_cast<float*>(memory);
}

CUstream MakeStream() {
  CUstream stream = nullptr;
  Need(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  return stream;
}

int Fill(CUdeviceptr memory, float value, int count, CUstream stream) {
  void* arguments[] = {&memory, &value, &count};
  const dim3 grid((static_cast<unsigned>(count) + 1023) / 1024);
  return cudaLaunchKernel(fill_kernel, grid, dim3(256), arguments, 0, stream);
}

int CopyOut(float* to, CUdeviceptr from, CUstream stream) {
  return cuMemcpyDtoHAsync(to, from, kBytes, stream);
}

void Begin(CUstream stream) {
  Need(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL), "cuStreamBeginCapture");
}

void End(CUstream stream) {
  CUgraph graph = nullptr;
  Report("cuStreamEndCapture", cuStreamEndCapture(stream, &graph));
}

void RightOrder() {
  const CUstream stream = MakeStream();
  const CUdeviceptr memory = Allocate();
  float* const out = AllocatePinned();
  Report("launch", Fill(memory, 42, kCount, stream));
  Report("copy", CopyOut(out, memory, stream));
  Report("wait", cuStreamSynchronize(stream));
  std::printf("%g %g\n", static_cast<double>(out[0]), static_cast<double>(out[kCount - 1]));
}

void MissingWait() {
  const CUstream stream = MakeStream();
  const CUdeviceptr memory = Allocate();
  float* const out = AllocatePinned();
  out[0] = 1;
  Fill(memory, 42, kCount, stream);
  CopyOut(out, memory, stream);
  std::printf("%g\n", static_cast<double>(out[0]));
  CUevent event = nullptr;
  Need(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  Need(cuEventRecord(event, stream), "cuEventRecord");
  Report("first query", cuEventQuery(event));
  Report("second query", cuEventQuery(event));
  std::printf("%g\n", static_cast<double>(out[0]));
  Fill(memory, 43, kCount, stream);
  CopyOut(out, memory, stream);
  Report("first query of the stream", cuStreamQuery(stream));
  Report("second query of the stream", cuStreamQuery(stream));
  std::printf("%g\n", static_cast<double>(out[0]));
}

// Two streams, with an event between them or without.
void TwoStreams(bool ordered) {
  const CUstream first = MakeStream(), second = MakeStream();
  const CUdeviceptr memory = Allocate();
  float* const out = AllocatePinned();
  Fill(memory, 1, kCount, first);
  Need(cuStreamSynchronize(first), "cuStreamSynchronize");
  Fill(memory, 42, kCount, first);
  if (ordered) {
    CUevent event = nullptr;
    Need(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), "cuEventCreate");
    Need(cuEventRecord(event, first), "cuEventRecord");
    Need(cuStreamWaitEvent(second, event, 0), "cuStreamWaitEvent");
  }
  CopyOut(out, memory, second);
  Report("wait", cuStreamSynchronize(second));
  std::printf("%g\n", static_cast<double>(out[0]));
}

void AfterFault(CUdeviceptr memory, int count) {
  const CUstream stream = MakeStream();
  Report("launch", Fill(memory, 42, count, stream));
  Report("wait", cuStreamSynchronize(stream));
  CUdeviceptr more = 0;
  Report("next call", cuMemAlloc(&more, 4));
}

void OutOfBounds() { AfterFault(Allocate(), kCount + 1); }

void UseAfterFree() {
  const CUdeviceptr memory = Allocate();
  Report("free", cuMemFree(memory));
  AfterFault(memory, kCount);
}

void Misaligned() { AfterFault(Allocate() + 2, 10); }

void StaleGraph() {
  const CUstream stream = MakeStream();
  const CUdeviceptr memory = Allocate();
  Begin(stream);
  Fill(memory, 42, kCount, stream);
  CUgraph graph = nullptr;
  Report("cuStreamEndCapture", cuStreamEndCapture(stream, &graph));
  CUgraphExec executable = nullptr;
  Report("instantiate", cuGraphInstantiateWithFlags(&executable, graph, 0));
  Report("replay", cuGraphLaunch(executable, stream));
  Report("wait", cuStreamSynchronize(stream));
  Report("free", cuMemFree(memory));
  Report("replay", cuGraphLaunch(executable, stream));
  Report("wait", cuStreamSynchronize(stream));
}

void HostAccess() {
  const CUdeviceptr memory = Allocate();
  std::printf("reads\n");
  std::fflush(stdout);
  std::printf("%d\n", *reinterpret_cast<volatile int*>(memory));
}

void AllocationInCapture() {
  const CUstream stream = MakeStream();
  Begin(stream);
  CUdeviceptr memory = 0;
  Report("cuMemAlloc", cuMemAlloc(&memory, 4));
  End(stream);
}

void WaitInCapture() {
  const CUstream stream = MakeStream();
  Begin(stream);
  Report("cuStreamSynchronize", cuStreamSynchronize(stream));
  End(stream);
}

void UnjoinedCapture() {
  const CUstream stream = MakeStream(), other = MakeStream();
  CUevent event = nullptr;
  Need(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING), "cuEventCreate");
  Begin(stream);
  Need(cuEventRecord(event, stream), "cuEventRecord");
  Need(cuStreamWaitEvent(other, event, 0), "cuStreamWaitEvent");
  End(stream);
}

void LegacyStreamInCapture() {
  CUstream blocking = nullptr;
  Need(cuStreamCreate(&blocking, CU_STREAM_DEFAULT), "cuStreamCreate");
  const CUdeviceptr memory = Allocate();
  Begin(blocking);
  Report("launch on the legacy stream", Fill(memory, 42, kCount, nullptr));
  End(blocking);
}

void DoubleFree() {
  const CUdeviceptr memory = Allocate();
  Report("free", cuMemFree(memory));
  Report("free", cuMemFree(memory));
}

void NoContext() {
  CUcontext context = nullptr;
  while (cuCtxGetCurrent(&context) == CUDA_SUCCESS && context != nullptr) {
    Need(cuCtxPopCurrent(&context), "cuCtxPopCurrent");
  }
  CUdeviceptr memory = 0;
  Report("cuMemAlloc", cuMemAlloc(&memory, 4));
}

void FullMemory() {
  CUdeviceptr memory = 0;
  for (int n = 0; n < 2; ++n) Report("cuMemAlloc", cuMemAlloc(&memory, 600'000));
}

void Injected() {
  cudasim_arm("cuMemAlloc_v2:2:2");
  CUdeviceptr memory = 0;
  for (int n = 0; n < 3; ++n) Report("cuMemAlloc", cuMemAlloc(&memory, 4));
}

const std::map<std::string, std::function<void()>> kPrograms = {
    {"right order", RightOrder},
    {"missing wait", MissingWait},
    {"missing event", [] { TwoStreams(false); }},
    {"event", [] { TwoStreams(true); }},
    {"out of bounds", OutOfBounds},
    {"use after free", UseAfterFree},
    {"misaligned", Misaligned},
    {"stale graph", StaleGraph},
    {"host access", HostAccess},
    {"allocation in capture", AllocationInCapture},
    {"wait in capture", WaitInCapture},
    {"unjoined capture", UnjoinedCapture},
    {"legacy stream in capture", LegacyStreamInCapture},
    {"double free", DoubleFree},
    {"no context", NoContext},
    {"full memory", FullMemory},
    {"injected", Injected},
};

}  // namespace

int main(int argc, char** argv) {
  const auto program = kPrograms.find(argc > 2 ? argv[2] : "");
  if (program == kPrograms.end()) return 3;
  if (!RegisterFill(argv[1])) return 3;
  CUdevice device = 0;
  CUcontext context = nullptr;
  Need(cuInit(0), "cuInit");
  Need(cuDeviceGet(&device, 0), "cuDeviceGet");
  Need(cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  Need(cuCtxPushCurrent(context), "cuCtxPushCurrent");
  program->second();
  std::fflush(stdout);
  _exit(0);
}
