#include "cuda_device.h"

#include <cstdlib>
#include <map>

#include "cuda_memory.h"
#include "cuda_queue.h"
#include "provider.h"

namespace device::cuda {
namespace {

// One for all GPUs: a capture forbids unsafe calls of the driver to every other thread of the process.
DeviceMutex capture_mutex;

// The device whose context KeepContext has made current on this thread, which stays in relaxed mode from then
// on: scopes need no call.
thread_local const CudaDevice* kept = nullptr;
thread_local bool stays_relaxed = false;

CUdeviceptr Address(const TensorView& tensor) { return reinterpret_cast<CUdeviceptr>(tensor.data); }

CUcontext RetainContext(const Driver& driver, int id) {
  const auto check = [id](CUresult error, const char* call) {
    if (IsFatal(error)) {
      throw ort::Error("ERR_CUDA_DEVICE_LOST", "GPU " + std::to_string(id) + " is lost (" + Name(error) +
                                                   ", reported by " + call + ")");
    }
    if (error != CUDA_SUCCESS) Throw(error, call);
  };
  int count = 0;
  check(driver.cuDeviceGetCount(&count), "cuDeviceGetCount");
  if (count == 0) throw ort::Error("ERR_CUDA_NO_DEVICE", "the CUDA driver finds no GPU");
  if (id >= count) {
    throw ort::Error("ERR_CUDA_DEVICE_ID", "GPU " + std::to_string(id) +
                                               " does not exist: the CUDA driver finds " +
                                               std::to_string(count) + " (numbered from 0)");
  }
  CUdevice device = 0;
  check(driver.cuDeviceGet(&device, id), "cuDeviceGet");
  CUcontext context = nullptr;
  check(driver.cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  return context;
}

}  // namespace

CudaDevice& CudaDevice::Open(int id) {
  static std::mutex mutex;
  static std::map<int, CudaDevice*> opened;
  const std::lock_guard lock(mutex);
  const Driver& driver = OpenDriver();
  CudaDevice*& device = opened[id];
  if (device != nullptr) return *device;
  device = new CudaDevice(id, RetainContext(driver, id));
  if (after_open != nullptr) after_open();
  return *device;
}

CudaDevice::CudaDevice(int id, CUcontext context)
    : Device("cuda", id, &capture_mutex),
      context_(context),
      memory_info_(MakeMemoryInfo(id)),
      pinned_memory_info_(MakePinnedMemoryInfo(id)) {}

bool CudaDevice::Holds(const OrtMemoryInfo* info) const { return IsDeviceMemory(info); }

std::shared_ptr<Memory> CudaDevice::Allocate(size_t bytes) { return AllocateDeviceMemory(*this, bytes); }

std::shared_ptr<Memory> CudaDevice::AllocatePinned(size_t bytes) {
  return AllocatePinnedMemory(*this, bytes);
}

void* CudaDevice::Mapped(void* pinned) {
  const ContextScope scope(*this);
  CUdeviceptr address = 0;
  Check(driver().cuMemHostGetDevicePointer_v2(&address, pinned, 0), "cuMemHostGetDevicePointer");
  return reinterpret_cast<void*>(address);
}

// Not on the default stream, which would wait for other streams, and hold them up.
template <typename Enqueue>
void CudaDevice::Transfer(size_t bytes, const char* call, Enqueue enqueue) {
  if (bytes == 0) return;
  const ContextScope scope(*this);
  const std::lock_guard lock(transfer_mutex_);
  if (transfer_stream_ == nullptr) {
    Check(driver().cuStreamCreate(&transfer_stream_, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  }
  try {
    Check(enqueue(transfer_stream_), call);
    Check(driver().cuStreamSynchronize(transfer_stream_), "cuStreamSynchronize");
  } catch (...) {
    // Before the memory is reused: the copy may still be in progress.
    driver().cuStreamSynchronize(transfer_stream_);
    throw;
  }
}

void CudaDevice::CopyIn(const Copy& copy) {
  Transfer(copy.to.bytes, "cuMemcpyHtoDAsync", [&](CUstream stream) {
    return driver().cuMemcpyHtoDAsync_v2(Address(copy.to), copy.from.data, copy.to.bytes, stream);
  });
}

void CudaDevice::CopyOut(const Copy& copy) {
  Transfer(copy.to.bytes, "cuMemcpyDtoHAsync", [&](CUstream stream) {
    return driver().cuMemcpyDtoHAsync_v2(copy.to.data, Address(copy.from), copy.to.bytes, stream);
  });
}

void CudaDevice::CopyWithin(const Copy& copy) {
  Transfer(copy.to.bytes, "cuMemcpyDtoDAsync", [&](CUstream stream) {
    return driver().cuMemcpyDtoDAsync_v2(Address(copy.to), Address(copy.from), copy.to.bytes, stream);
  });
}

bool CudaDevice::CopyAcross(const Copy& copy, Device& to) {
  auto* other = dynamic_cast<CudaDevice*>(&to);
  if (other == nullptr) return false;
  Transfer(copy.to.bytes, "cuMemcpyPeerAsync", [&](CUstream stream) {
    return driver().cuMemcpyPeerAsync(Address(copy.to), other->context_, Address(copy.from), context_,
                                      copy.to.bytes, stream);
  });
  return true;
}

void CudaDevice::Zero(const TensorView& tensor) {
  Transfer(tensor.bytes, "cuMemsetD8Async", [&](CUstream stream) {
    return driver().cuMemsetD8Async(Address(tensor), 0, tensor.bytes, stream);
  });
}

Device::MemoryUse CudaDevice::memory_use() {
  const ContextScope scope(*this);
  MemoryUse use{};
  Check(driver().cuMemGetInfo_v2(&use.free, &use.total), "cuMemGetInfo");
  return use;
}

std::unique_ptr<Queue> CudaDevice::MakeQueue(bool blocking_wait) {
  return std::make_unique<CudaQueue>(*this, blocking_wait);
}

void CudaDevice::Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) {
  Options all{{"device_id", std::to_string(id())}};
  CUstream users = nullptr;
  for (const auto& [key, value] : provider_options) {
    if (key == "user_compute_stream") {
      users = reinterpret_cast<CUstream>(static_cast<uintptr_t>(std::strtoull(value.c_str(), nullptr, 10)));
    } else {
      all.emplace_back(key, value);
    }
  }
  if (queue == nullptr) return AppendProvider(options, all, users);
  auto& streams = static_cast<CudaQueue&>(*queue);
  streams.Open(users);
  AppendProvider(options, all, streams.compute());
}

Options CudaDevice::run_options() const {
  // We wait once, after the downloads.
  return {{"disable_synchronize_execution_providers", "1"}};
}

void CudaDevice::Check(CUresult error, const char* call) {
  if (error == CUDA_SUCCESS) [[likely]]
    return;
  if (!IsFatal(error)) Throw(error, call);
  lost_ = error;
  throw Lost(std::string("by ") + call);
}

ort::Error CudaDevice::Lost(const std::string& when) const {
  return {"ERR_CUDA_DEVICE_LOST", "GPU " + std::to_string(id()) + " is lost (" + Name(lost_) + ", reported " +
                                      when + "): this process can no longer use it"};
}

ort::Error CudaDevice::Explain(const ort::Error& error, bool& spoiled) const {
  if (lost_ != CUDA_SUCCESS) return Lost(std::string("in a run: ") + error.what());
  if (!error.code().starts_with("ERR_ORT_")) return error;
  const std::string_view text = error.what();
  const auto contains = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  // As ONNX Runtime's CudaErrString and CudaCall write it; the latter for each library.
  spoiled = contains("CUDA error ") || contains("CUDNN_FE failure ") || contains("CUDA failure ") ||
            contains("CUBLAS failure ") || contains("CUBLASLT failure ") || contains("CUDNN failure ") ||
            contains("CURAND failure ") || contains("CUFFT failure ");
  if (!contains("BFCArena")) return error;
  return {"ERR_CUDA_OUT_OF_MEMORY",
          "ONNX Runtime's arena on GPU " + std::to_string(id()) + " is full: " + error.what()};
}

void CudaDevice::CheckAlive() const {
  if (lost_ == CUDA_SUCCESS) [[likely]]
    return;
  throw Lost("by an earlier call");
}

void KeepContext(CudaDevice& device) {
  device.CheckAlive();
  if (kept == &device) [[likely]]
    return;
  device.Check(driver().cuCtxSetCurrent(device.context_), "cuCtxSetCurrent");
  if (!stays_relaxed) {
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    device.Check(driver().cuThreadExchangeStreamCaptureMode(&mode), "cuThreadExchangeStreamCaptureMode");
    stays_relaxed = true;
  }
  kept = &device;
}

void ForgetContext() noexcept { kept = nullptr; }

ContextScope::ContextScope(CudaDevice& device) {
  device.CheckAlive();
  device.Check(Push(device), "cuCtxPushCurrent");
}

CUresult ContextScope::Push(CudaDevice& device) noexcept {
  current_ = kept == &device;
  if (current_) return CUDA_SUCCESS;
  const CUresult error = driver().cuCtxPushCurrent_v2(device.context_);
  current_ = pushed_ = error == CUDA_SUCCESS;
  exchanged_ =
      pushed_ && !stays_relaxed && driver().cuThreadExchangeStreamCaptureMode(&mode_) == CUDA_SUCCESS;
  return error;
}

ContextScope::~ContextScope() {
  if (exchanged_) driver().cuThreadExchangeStreamCaptureMode(&mode_);
  CUcontext context = nullptr;
  if (pushed_) driver().cuCtxPopCurrent_v2(&context);
}

Stream::Stream(CudaDevice& device)
    : Resource(device, "cuStreamCreate",
               [](CUstream* stream) { return driver().cuStreamCreate(stream, CU_STREAM_NON_BLOCKING); }) {}

Event::Event(CudaDevice& device, bool blocking)
    : Resource(device, "cuEventCreate", [blocking](CUevent* event) {
        return driver().cuEventCreate(event,
                                      CU_EVENT_DISABLE_TIMING | (blocking ? CU_EVENT_BLOCKING_SYNC : 0));
      }) {}

}  // namespace device::cuda
