// A device that is reached through ONNX Runtime alone: its execution provider's allocator, and CopyTensors.
#pragma once

#include "device.h"

namespace device {

class EpDevice final : public Device {
 public:
  // WebGPU's default context, the one that every session and CopyTensors share. The options of whoever opens
  // it first are the context's for good.
  static Device& OpenWebGpu(const Options& options);

  const OrtMemoryInfo* memory_info() const noexcept override { return info_; }
  const OrtMemoryInfo* pinned_memory_info() const noexcept override { return nullptr; }
  bool Holds(const OrtMemoryInfo* info) const override;

  std::shared_ptr<Memory> Allocate(size_t bytes) override;
  std::shared_ptr<Memory> AllocateLocked(size_t bytes) override;
  std::shared_ptr<Memory> AllocatePinned(size_t bytes) override;
  void* Mapped(void* pinned) override;

  void CopyIn(const Copy& copy) override { CopyAll({copy}); }
  void CopyOut(const Copy& copy) override { CopyAll({copy}); }
  void CopyWithin(const Copy& copy) override { CopyAll({copy}); }

  // Always exclusive: the provider keeps one command encoder, and caches, for all sessions, without a lock of
  // its own (two threads in it crash).
  DeviceLock Lock(bool capture) override;
  DeviceLock Lock(bool capture, const std::atomic<bool>& canceled) override;
  bool allocates_at_once() const noexcept override { return false; }

  void Drain() noexcept;
  static void DrainWebGpu() noexcept;

  std::unique_ptr<Queue> MakeQueue(bool blocking_wait) override;
  void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) override;

 private:
  EpDevice(std::string name, const Options& options);
  void CopyAll(const std::vector<Copy>& copies);
  bool TryLock(std::unique_lock<DeviceMutex>& exclusive,
               std::shared_lock<DeviceMutex>& shared) noexcept override;
  void ReleaseLocked(DeferredRelease& deferred) const noexcept override;

  DeviceMutex mutex_;
  // A model of one node, never released: a session's allocator dies with its session, this one's is for
  // values that live as long as they like.
  OrtSession* anchor_ = nullptr;
  const OrtMemoryInfo* info_ = nullptr;  // the anchor's
  OrtAllocator* allocator_ = nullptr;
};

// One call of CopyTensors. All copies go the same way. Whoever calls it has entered the device.
void CopyTensors(const std::vector<Copy>& copies);

}  // namespace device
