// A device with memory of its own, as values and sessions use it. A null pointer to a Device stands for the
// CPU. Devices are created once a process and never destroyed, like the OrtEnv: values and sessions keep
// plain pointers to them.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "memory.h"
#include "ort/handles.h"

namespace device {

// `value` is a tensor over `data`.
struct TensorView {
  OrtValue* value = nullptr;
  void* data = nullptr;
  size_t bytes = 0;
};

struct Copy {
  TensorView from;
  TensorView to;
};

// Of addresses: those of CUDA's memory are apart from the host's.
struct HostRange {
  const char* first = nullptr;
  size_t bytes = 0;
  bool Overlaps(const HostRange& other) const noexcept {
    return first < other.first + other.bytes && other.first < first + bytes;
  }
};
// The host memory of a run.
struct HostUse {
  std::vector<HostRange> touched;  // by the device, at any time until the run has ended: uploaded, or mapped
  std::vector<HostRange> written;  // by the device: downloaded, or mapped as an output
  std::vector<HostRange> at_once;  // by the CPU, while the run is submitted
};

class Device;
class Queue;

using DeviceMutex = std::shared_timed_mutex;

// For what nobody can cancel.
inline const std::atomic<bool> kNotCanceled{false};

// Held by whoever uses the device through ONNX Runtime, where that is not safe from several threads at once.
// Not recursive: a thread that holds one takes no other, and waits for no other thread.
class DeviceLock {
 public:
  DeviceLock() = default;
  DeviceLock(DeviceLock&& other) noexcept { *this = std::move(other); }
  DeviceLock& operator=(DeviceLock&& other) noexcept;
  ~DeviceLock() { Unlock(); }
  explicit operator bool() const noexcept { return device_ != nullptr; }

 private:
  friend class Device;
  DeviceLock(Device& device, bool exclusive) : device_(&device), exclusive_(exclusive) {}
  void Unlock() noexcept;
  Device* device_ = nullptr;
  bool exclusive_ = false;
};

// What to release under the device lock, in this order.
struct DeferredRelease {
  ort::IoBindingHandle binding = nullptr;
  ort::ValueHandle value = nullptr;
  void* allocation = nullptr;                     // of the device's own allocator
  int graph_id = 0;                               // unless 0: a graph of the session
  std::shared_ptr<OrtSession> session = nullptr;  // owns the memory of the above; released after the lock
  OrtSession* released = nullptr;                 // a session itself,
  std::shared_ptr<Queue> queue = nullptr;         // and then its queue,
  std::shared_ptr<void> kept = nullptr;           // and what it uses
};

// What else a session does before a run of it has ended.
enum class Beside {
  kNothing,  // the thread that could begin another run waits for this one
  kLater,    // nothing is in flight, but other runs may begin
  kOthers,   // other runs are in flight, or about to be
};

struct RunMode {
  Beside beside = Beside::kLater;
  bool capture = false;   // the run is captured
  bool in_place = false;  // on the JS thread, which does not wait for the device lock
};

// The runs of one binding on the device, on the session's run thread. A run is Begin, Upload, Run, Copy,
// Download, Submit, and Poll until it has ended; the next run follows. When a step throws, Abandon waits
// until the device has stopped working on the run. The JS thread may replay in place of the run thread, up to
// Submit or up to the end.
class DeviceRun {
 public:
  virtual ~DeviceRun() = default;
  // Takes the device lock; false, and nothing has begun, where the run is in place and would have to wait for
  // it. `host` must stay valid until the run has ended: a later run that touches what this one writes waits
  // for it. `canceled` ends the wait for the lock.
  virtual bool Begin(const RunMode& mode, const HostUse& host, const std::atomic<bool>& canceled) = 0;
  virtual void Upload(const std::vector<device::Copy>& copies) = 0;
  virtual void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) = 0;
  // Where the queue captures graphs. Capture records what `work` does on the device, in place of the graph
  // that there is, and executes nothing; throws ERR_GRAPH_CAPTURE, after which no graph exists and the run
  // may continue. `work` takes steps of the run. Replay takes them by the graph.
  virtual void Capture(const std::function<void()>& /*work*/) {}
  virtual void Replay() {}
  virtual void ReleaseGraph() noexcept {}
  // Within the device, in this order.
  virtual void Copy(const std::vector<device::Copy>& copies) = 0;
  virtual void Download(const std::vector<device::Copy>& copies) = 0;
  // Everything is queued on the device: releases the device lock.
  virtual void Submit() = 0;
  // Whether the run has ended; with `wait`, after waiting for its end. Throws the error of the device.
  virtual bool Poll(bool wait) = 0;
  // Either thread.
  virtual void Abandon() noexcept = 0;
};

// A session's streams on the device; released after the OrtSession.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual std::unique_ptr<DeviceRun> MakeRun() = 0;
  // Whether a run may end after Submit, so that runs of several bindings overlap.
  virtual bool overlaps() const noexcept = 0;
  // Whether its runs capture graphs themselves. ONNX Runtime does so elsewhere, as the run options ask.
  virtual bool captures() const noexcept { return false; }
  // After a run that failed: waits until the device works on nothing of the session.
  virtual void Settle() noexcept {}
  // Under the device lock, after a run of ONNX Runtime: copies within the device, and waits for the end.
  virtual void Copy(const std::vector<device::Copy>& copies) = 0;
};

// The place of memory: without a device host memory; pinned memory is host memory of the device's driver.
struct Location {
  Device* device = nullptr;
  bool pinned = false;
  bool OnDevice() const noexcept { return device != nullptr && !pinned; }
};

using Options = std::vector<std::pair<std::string, std::string>>;

// Options as ONNX Runtime's C functions take them; they point into the options.
struct OptionArrays {
  explicit OptionArrays(const Options& options) {
    for (const auto& [key, value] : options) {
      keys.push_back(key.c_str());
      values.push_back(value.c_str());
    }
  }
  std::vector<const char*> keys;
  std::vector<const char*> values;
};

class Device {
 public:
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const noexcept { return name_; }
  int id() const noexcept { return id_; }

  // Device memory, and pinned memory (null where the device has none), as ONNX Runtime describes it.
  virtual const OrtMemoryInfo* memory_info() const noexcept = 0;
  virtual const OrtMemoryInfo* pinned_memory_info() const noexcept = 0;
  // What of its memory a tensor over `data` is compared by.
  virtual HostRange Range(const void* data, size_t bytes) const noexcept = 0;
  // What a tensor over a part of a block is made of. Throws ERR_NOT_SUPPORTED where it has no pointer.
  virtual void* Part(const TensorView& block, size_t offset, size_t bytes) const = 0;
  // What kernels expect the addresses of tensors to be multiples of.
  virtual size_t alignment() const noexcept { return 1; }
  // Whether ONNX Runtime has an input or output of this description in device memory.
  virtual bool Holds(const OrtMemoryInfo* info) const = 0;

  // Any thread. The data are undefined.
  virtual std::shared_ptr<Memory> Allocate(size_t bytes) = 0;
  // For a caller that holds the device lock.
  virtual std::shared_ptr<Memory> AllocateLocked(size_t bytes) { return Allocate(bytes); }
  // Whether Allocate takes no device lock, and so waits for no run.
  virtual bool allocates_at_once() const noexcept = 0;
  // Zeroed host memory that the device copies fastest. Throws if the device has none.
  virtual std::shared_ptr<Memory> AllocatePinned(size_t bytes) = 0;
  // The device pointer of pinned memory. Throws if the device cannot map it.
  virtual void* Mapped(void* pinned) = 0;

  // Any thread. They return when the copy is done; the caller has checked types and sizes.
  virtual void CopyIn(const Copy& copy) = 0;
  virtual void CopyOut(const Copy& copy) = 0;
  virtual void CopyWithin(const Copy& copy) = 0;
  // To another device of the same kind; false where only the host can copy.
  virtual bool CopyAcross(const Copy&, Device&) { return false; }
  virtual void Zero(const TensorView& tensor);

  // Any thread. `capture`: while ONNX Runtime captures a graph. Throws ERR_RUN_CANCELED when the run is
  // canceled meanwhile.
  DeviceLock Lock(bool capture, const std::atomic<bool>& canceled = kNotCanceled);
  // The same for a run that is not captured, without waiting: none where the lock is taken.
  DeviceLock TryLock();

  // Any thread. Does not wait, since a finalizer must not block the event loop: releases at once if the
  // device lock is free, else when it is unlocked.
  void Release(DeferredRelease deferred) noexcept;

  virtual std::unique_ptr<Queue> MakeQueue(bool blocking_wait) = 0;
  // Appends the execution provider to a session's options.
  virtual void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) = 0;
  // Run options of every run on the device.
  virtual Options run_options() const { return {}; }

  // Run thread: the error to report for one of ONNX Runtime's in a run. `spoiled` becomes true where kernels
  // may have kept what the run did not finish, so that later runs of the session would be wrong.
  virtual ort::Error Explain(const ort::Error& error, bool& /*spoiled*/) const { return error; }

  // Under the device lock, after a run whose results stay on the device: may wait for the device.
  virtual void LimitRunsAhead() {}

  struct MemoryUse {
    size_t free;
    size_t total;
  };
  virtual MemoryUse memory_use();

 protected:
  // Devices that share a mutex lock it shared, except for a capture. Without one the device lock is
  // exclusive.
  Device(std::string name, int id, DeviceMutex* shared_mutex = nullptr)
      : name_(std::move(name)),
        id_(id),
        always_exclusive_(shared_mutex == nullptr),
        mutex_(shared_mutex != nullptr ? *shared_mutex : own_mutex_) {}

  // Under the device lock: releases what only this kind of device has, an allocation and a graph.
  virtual void ReleaseOwn(const DeferredRelease& /*deferred*/) const noexcept {}
  // Under the device lock, after one session or several at a time were released.
  virtual void SessionsReleased() noexcept {}

 private:
  friend class DeviceLock;
  void Unlock(bool exclusive) noexcept;
  void ReleaseDeferred() noexcept;
  // Under the device lock.
  void ReleaseNow(DeferredRelease& deferred) const noexcept;

  const std::string name_;
  const int id_;
  const bool always_exclusive_;
  DeviceMutex own_mutex_;
  DeviceMutex& mutex_;
  std::mutex deferred_mutex_;
  std::vector<DeferredRelease> deferred_;
};

// Called once a device is open, and with it libraries that were not loaded before.
inline void (*after_open)() noexcept = nullptr;

// The device of a provider. The first call opens it, with these options.
Device& Open(const std::string& name, int id, const Options& options);

// Before the process exits: waits for the devices. A driver that is torn down at work crashes.
void DrainAll() noexcept;

// A tensor and its memory.
struct Tensor {
  std::shared_ptr<Memory> memory;
  ort::ValueHandle value;
  TensorView view() const noexcept {
    return {value.get(), memory ? memory->data() : nullptr, memory ? memory->bytes() : 0};
  }
};
Tensor MakeTensor(std::shared_ptr<Memory> memory, const OrtMemoryInfo* info, ONNXTensorElementDataType type,
                  const std::vector<int64_t>& dims);
// For a copy of a tensor of numbers that ONNX Runtime allocated on the device. Under the device lock.
Tensor MakeResult(Device& device, const OrtValue* tensor);
// Of the type and shape of another tensor.
Tensor MakeTensorLike(const OrtValue* tensor, std::shared_ptr<Memory> memory, const OrtMemoryInfo* info);

}  // namespace device
