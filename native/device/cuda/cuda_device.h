// A GPU by the CUDA driver: memory and copies of its primary context, which the CUDA runtime inside ONNX
// Runtime shares.
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

  // Shared, but for a capture: while a thread captures, no other may allocate, or the capture fails (theirs,
  // or ours).
  DeviceLock Lock(bool capture) override;
  DeviceLock Lock(bool capture, const std::atomic<bool>& canceled) override;
  bool allocates_at_once() const noexcept override { return true; }
  std::unique_ptr<Queue> MakeQueue(bool blocking_wait) override;
  void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) override;
  Options run_options() const override;

  // Every call of the driver goes through here: an error that takes the context with it is remembered, and
  // refuses what comes after with ERR_CUDA_DEVICE_LOST.
  void Check(CUresult error, const char* call);
  void CheckAlive() const;

 protected:
  bool TryLock(std::unique_lock<DeviceMutex>& exclusive,
               std::shared_lock<DeviceMutex>& shared) noexcept override;
  void ReleaseLocked(DeferredRelease& deferred) const noexcept override;

 private:
  friend class ContextScope;
  CudaDevice(int id, CUcontext context);
  template <typename Enqueue>
  void OnTransferStream(Enqueue enqueue);

  const CUcontext context_;
  std::atomic<CUresult> lost_{CUDA_SUCCESS};
  ort::MemoryInfoHandle memory_info_;
  ort::MemoryInfoHandle pinned_memory_info_;
  std::mutex transfer_mutex_;
  CUstream transfer_stream_ = nullptr;  // of the copies that are no run's
};

// The device's context on this thread, and leave to allocate while another thread captures a graph, for as
// long as this lives.
class ContextScope {
 public:
  // kStay: on a thread of ours, whose scopes overlap, and which keeps the leave.
  enum class CaptureMode { kRestore, kStay };
  explicit ContextScope(CudaDevice& device, CaptureMode mode = CaptureMode::kRestore);
  // For destructors: where the context cannot be had, what they release is gone already.
  ContextScope(CudaDevice& device, std::nothrow_t) noexcept { Push(device); }
  explicit operator bool() const noexcept { return pushed_; }
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  CUresult Push(CudaDevice& device) noexcept;
  bool pushed_ = false;
  bool exchanged_ = false;
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_RELAXED;
};

// Streams and events, made and destroyed in their device's context.
class Stream {
 public:
  explicit Stream(CudaDevice& device);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  CUstream get() const noexcept { return stream_; }

 private:
  CudaDevice& device_;
  CUstream stream_ = nullptr;
};

class Event {
 public:
  Event(CudaDevice& device, bool blocking);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  CUevent get() const noexcept { return event_; }

 private:
  CudaDevice& device_;
  CUevent event_ = nullptr;
};

}  // namespace device::cuda
