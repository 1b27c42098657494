// A GPU, used through the CUDA driver, in its primary context, which the CUDA runtime inside ONNX Runtime
// shares.
//
// The device lock is shared, except for a capture: while a thread captures, no other may allocate, or one of
// the two fails.
#pragma once

#include <atomic>
#include <new>

#include "device/device.h"
#include "driver.h"

namespace device::cuda {

class CudaDevice final : public Device {
 public:
  // Throws ERR_CUDA_DEVICE_ID, and what OpenDriver throws.
  static CudaDevice& Open(int id);

  const OrtMemoryInfo* memory_info() const noexcept override { return memory_info_.get(); }
  const OrtMemoryInfo* pinned_memory_info() const noexcept override { return pinned_memory_info_.get(); }
  HostRange Range(const void* data, size_t bytes) const noexcept override {
    return {static_cast<const char*>(data), bytes};
  }
  void* Part(const TensorView& block, size_t offset, size_t) const override {
    return static_cast<char*>(block.data) + offset;
  }
  // Of the widest loads; cuDNN too expects it. An access to another address destroys the context.
  size_t alignment() const noexcept override { return 16; }
  bool Holds(const OrtMemoryInfo* info) const override;

  std::shared_ptr<Memory> Allocate(size_t bytes) override;
  std::shared_ptr<Memory> AllocatePinned(size_t bytes) override;
  void* Mapped(void* pinned) override;

  void CopyIn(const Copy& copy) override;
  void CopyOut(const Copy& copy) override;
  void CopyWithin(const Copy& copy) override;
  bool CopyAcross(const Copy& copy, Device& to) override;
  void Zero(const TensorView& tensor) override;

  MemoryUse memory_use() override;

  bool allocates_at_once() const noexcept override { return true; }
  std::unique_ptr<Queue> MakeQueue(bool blocking_wait) override;
  void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) override;
  Options run_options() const override;

  ort::Error Explain(const ort::Error& error, bool& spoiled) const override;

  // Throws the error of a call of the driver; ERR_CUDA_DEVICE_LOST for one that destroys the context, as
  // CheckAlive from then on.
  void Check(CUresult error, const char* call);
  void CheckAlive() const;
  // The same without an error.
  void Notice(CUresult error) noexcept {
    if (IsFatal(error)) lost_ = error;
  }

 private:
  friend class ContextScope;
  friend void KeepContext(CudaDevice& device);
  CudaDevice(int id, CUcontext context);
  ort::Error Lost(const std::string& when) const;
  // Enqueues on the transfer stream, and waits.
  template <typename Enqueue>
  void Transfer(size_t bytes, const char* call, Enqueue enqueue);

  const CUcontext context_;
  std::atomic<CUresult> lost_{CUDA_SUCCESS};
  ort::MemoryInfoHandle memory_info_;
  ort::MemoryInfoHandle pinned_memory_info_;
  std::mutex transfer_mutex_;
  CUstream transfer_stream_ = nullptr;  // of copies that do not belong to a run
};

// Makes the device's context current on this thread, and its capture mode relaxed, for good: for a run
// thread, whose session has one device. ForgetContext: the next call does so again.
void KeepContext(CudaDevice& device);
void ForgetContext() noexcept;

// For its lifetime the device's context is current on this thread, and the thread's capture mode is relaxed,
// so that it may allocate while another thread captures a graph.
class ContextScope {
 public:
  explicit ContextScope(CudaDevice& device);
  // For destructors: where the context cannot be made current, their resources no longer exist.
  ContextScope(CudaDevice& device, std::nothrow_t) noexcept { Push(device); }
  explicit operator bool() const noexcept { return current_; }
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  CUresult Push(CudaDevice& device) noexcept;
  bool current_ = false;
  bool pushed_ = false;
  bool exchanged_ = false;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
};

// Created and destroyed in the context of its device.
template <typename Handle, CUresult (CUDAAPI* Driver::*destroy)(Handle)>
class Resource {
 public:
  ~Resource() {
    const ContextScope scope(device_, std::nothrow);
    if (scope) (driver().*destroy)(handle_);
  }
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;
  Handle get() const noexcept { return handle_; }

 protected:
  // `create` calls the function of the driver that is named `call`.
  template <typename Create>
  Resource(CudaDevice& device, const char* call, Create create) : device_(device) {
    const ContextScope scope(device);
    device.Check(create(&handle_), call);
  }

 private:
  CudaDevice& device_;
  Handle handle_ = nullptr;
};

class Stream : public Resource<CUstream, &Driver::cuStreamDestroy_v2> {
 public:
  explicit Stream(CudaDevice& device);
};

class Event : public Resource<CUevent, &Driver::cuEventDestroy_v2> {
 public:
  Event(CudaDevice& device, bool blocking);
};

}  // namespace device::cuda
