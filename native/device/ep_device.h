// A device used through ONNX Runtime alone: its execution provider's allocator, and CopyTensors.
//
// The device lock is exclusive: the provider keeps one command encoder, and caches, for all sessions, without
// a lock of its own (two threads in it crash).
#pragma once

#include "device.h"

namespace device {

class EpDevice final : public Device {
 public:
  // WebGPU's default context, which every session and CopyTensors share, with the options of the first call.
  static Device& OpenWebGpu(const Options& options);
  // The memory of a plugin's provider for these of its devices, with the options of the first call; null if
  // its sessions have host memory.
  static Device* OpenPlugin(const std::string& provider, const std::vector<int>& ep_devices,
                            const Options& options);
  // One of the above: `id` is its first device. Throws ERR_INVALID_ARG_VALUE if none is open.
  static Device& FindPlugin(const std::string& provider, int id);

  const OrtMemoryInfo* memory_info() const noexcept override { return info_; }
  const OrtMemoryInfo* pinned_memory_info() const noexcept override { return nullptr; }
  // A buffer's handle, which has no part.
  HostRange Range(const void* data, size_t) const noexcept override {
    return {static_cast<const char*>(data), 1};
  }
  void* Part(const TensorView& block, size_t offset, size_t bytes) const override;
  bool Holds(const OrtMemoryInfo* info) const override;

  std::shared_ptr<Memory> Allocate(size_t bytes) override;
  std::shared_ptr<Memory> AllocateLocked(size_t bytes) override;
  std::shared_ptr<Memory> AllocatePinned(size_t bytes) override;
  void* Mapped(void* pinned) override;

  void CopyIn(const Copy& copy) override;
  void CopyOut(const Copy& copy) override;
  void CopyWithin(const Copy& copy) override;

  bool allocates_at_once() const noexcept override { return false; }

  // From the host, under the device lock.
  void Upload(const std::vector<Copy>& copies);

  // A run's buffers stay allocated until the device has ended it, and submission does not wait for that.
  void LimitRunsAhead() override;
  // A download has waited for every run before it.
  void Downloaded() noexcept { runs_ahead_ = 0; }
  // Under the device lock, after copies within the device: what is pending is lost if a later run is invalid,
  // since one invalid command voids all that are submitted with it.
  void Submit();

  static void DrainAll() noexcept;

  std::unique_ptr<Queue> MakeQueue(bool blocking_wait) override;
  void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) override;

 private:
  EpDevice(std::string name, int id, const Options& options, std::vector<int> ep_devices);
  static EpDevice& Keep(std::unique_ptr<EpDevice> device);
  void Drain() noexcept;
  // ONNX Runtime reports no copy that the device refuses. Throws ERR_OUT_OF_MEMORY, and the memory keeps its
  // data.
  void UploadLarge(const Copy& copy);
  // For everything that was submitted, under the device lock.
  void Wait();
  const Tensor& marker();
  // Under the device lock, as Wait is. ONNX Runtime reports no buffer that the device refuses, and no limit.
  // Throws ERR_OUT_OF_MEMORY if the buffer does not keep what is written.
  void CheckMemory(void* data, size_t bytes);
  void ReleaseOwn(const DeferredRelease& deferred) const noexcept override;
  // ONNX Runtime keeps the buffers of a released session's weights until a kernel that is loaded packs its
  // own.
  void SessionsReleased() noexcept override;
  ort::SessionHandle CreateSession(const void* model, size_t bytes, const Options& options);

  const std::vector<int> ep_devices_;   // of a plugin; empty for a provider that is built in
  std::shared_ptr<const void> plugin_;  // keeps it registered
  Options options_;                     // of the anchor's provider
  // The anchor: a session of one node that is never released, because an allocator dies with its session.
  OrtSession* anchor_ = nullptr;
  const OrtMemoryInfo* info_ = nullptr;  // of the anchor
  OrtAllocator* allocator_ = nullptr;

  // ONNX Runtime copies, and kernels write, so many bytes at a time.
  static constexpr size_t kUnit = 16;

  // What is larger is checked: a wait for the device costs it about a hundredth of its own time.
  static constexpr size_t kMayFail = size_t{1} << 24;

  // Under the device lock.
  static constexpr int kMostRunsAhead = 8;
  int runs_ahead_ = 0;
  Tensor marker_;         // what Submit and Wait copy
  bool drained_ = false;  // the process ends
};

// One call of CopyTensors, for copies in one direction. The caller holds the device lock.
void CopyTensors(const std::vector<Copy>& copies);

ort::ValueHandle OverHostFloat(float& number);

}  // namespace device
