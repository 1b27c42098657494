// A device with memory of its own: what a value or a session needs of it. The CPU is no Device: where a
// pointer to one is null, memory is the host's and a run is ONNX Runtime's alone.
//
// Devices are made once a process and never destroyed, as the OrtEnv is: values and sessions point at them
// freely.
#pragma once

#include <atomic>
#include <chrono>
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

// A tensor as the copies see it; `data` and `value` are of the same memory.
struct TensorView {
  OrtValue* value = nullptr;
  void* data = nullptr;
  size_t bytes = 0;
};

struct Copy {
  TensorView from;
  TensorView to;
};

// Host memory that a run reads and writes by itself, after the call that started it.
struct HostRange {
  const char* first = nullptr;
  size_t bytes = 0;
  bool Overlaps(const HostRange& other) const noexcept {
    return first < other.first + other.bytes && other.first < first + bytes;
  }
};
struct HostUse {
  std::vector<HostRange> touched;  // copied from, or mapped
  std::vector<HostRange> written;  // copied to, or mapped as an output
  std::vector<HostRange> at_once;  // read or written by the CPU while the run is started
};

class Device;
class Queue;

// The turn of whoever touches the device through ONNX Runtime, where that is not safe from several threads at
// once. Not recursive: whoever holds one takes no other.
using DeviceMutex = std::shared_timed_mutex;

class DeviceLock {
 public:
  DeviceLock() = default;
  DeviceLock(Device& device, std::shared_lock<DeviceMutex> lock)
      : device_(&device), shared_(std::move(lock)) {}
  DeviceLock(Device& device, std::unique_lock<DeviceMutex> lock)
      : device_(&device), exclusive_(std::move(lock)) {}
  DeviceLock(DeviceLock&& other) noexcept { *this = std::move(other); }
  DeviceLock& operator=(DeviceLock&& other) noexcept;
  ~DeviceLock() { Leave(); }

 private:
  void Leave() noexcept;
  Device* device_ = nullptr;
  std::shared_lock<DeviceMutex> shared_;
  std::unique_lock<DeviceMutex> exclusive_;
};

// Waits for a lock until it is canceled, which it then says by an error.
template <typename Lock>
Lock WaitFor(DeviceMutex& mutex, const std::atomic<bool>& canceled) {
  // Looked at now and then: whoever cancels has no way to wake a thread that waits for a mutex.
  constexpr std::chrono::milliseconds kLook(5);
  Lock lock(mutex, std::defer_lock);
  while (!lock.try_lock_for(kLook)) {
    if (canceled) throw ort::Error("ERR_RUN_CANCELED", "the run was canceled while it waited for the device");
  }
  return lock;
}

// What ONNX Runtime has of the device's memory and must give back in the device's turn, in this order.
struct DeferredRelease {
  ort::IoBindingHandle binding;
  ort::ValueHandle value;
  void* allocation = nullptr;           // of the device's own allocator
  int graph_id = 0;                     // unless 0, of the session's
  std::shared_ptr<OrtSession> session;  // whose memory it is; goes after the turn
  OrtSession* released = nullptr;       // a session itself,
  std::shared_ptr<Queue> queue;         // and its queue, which goes after it
};

// One binding's runs on the device, one at a time, each in this order: Begin, Upload, Run, Download, and Done
// until it is. On the session's run thread. When a stage throws, Abandon: nothing of the run is then still
// going on.
class DeviceRun {
 public:
  virtual ~DeviceRun() = default;
  // `overlap`: other bindings' runs of the session are going on, or about to. `capture`: the run is captured.
  // `host` stays until the run is done: what it touches of an earlier run's results waits for these.
  virtual void Begin(bool overlap, bool capture, const HostUse& host, const std::atomic<bool>& canceled) = 0;
  virtual void Upload(const std::vector<Copy>& copies) = 0;
  virtual void Run(OrtSession* session, const OrtRunOptions* options, const OrtIoBinding* binding) = 0;
  virtual void Download(const std::vector<Copy>& copies) = 0;
  virtual void End() = 0;
  // Whether all is done; with `wait`, after waiting for it. Throws what the device says went wrong.
  virtual bool Poll(bool wait) = 0;
  virtual void Abandon() noexcept = 0;
};

// A session's share of the device; goes after the OrtSession.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual std::unique_ptr<DeviceRun> MakeRun() = 0;
  // Whether Done may come later than End, so that runs of several bindings overlap.
  virtual bool overlaps() const noexcept = 0;
};

// Where a tensor is. Without a device it is in host memory; pinned memory is host memory that the device
// knows.
struct Location {
  Device* device = nullptr;
  bool pinned = false;
  bool OnDevice() const noexcept { return device != nullptr && !pinned; }
};

using Options = std::vector<std::pair<std::string, std::string>>;

class Device {
 public:
  Device(std::string name, int id) : name_(std::move(name)), id_(id) {}
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& name() const noexcept { return name_; }
  int id() const noexcept { return id_; }

  // Describes the device's memory, and pinned memory (null where there is none), to ONNX Runtime.
  virtual const OrtMemoryInfo* memory_info() const noexcept = 0;
  virtual const OrtMemoryInfo* pinned_memory_info() const noexcept = 0;
  // Of a session's input or output: whether ONNX Runtime wants it in the device's memory.
  virtual bool Holds(const OrtMemoryInfo* info) const = 0;

  // Whether Allocate waits for nobody's run.
  virtual bool allocates_at_once() const noexcept = 0;
  // What is in the memory is undefined.
  virtual std::shared_ptr<Memory> Allocate(size_t bytes) = 0;
  // The same for whoever has the turn.
  virtual std::shared_ptr<Memory> AllocateLocked(size_t bytes) { return Allocate(bytes); }
  // Host memory that is copied to and from the device fastest; throws where the device has no such thing.
  virtual std::shared_ptr<Memory> AllocatePinned(size_t bytes) = 0;
  // Where the device reads pinned memory without a copy; throws where it cannot.
  virtual void* Mapped(void* pinned) = 0;

  // Any thread; done when they return. Sizes and types were checked.
  virtual void CopyIn(const Copy& copy) = 0;
  virtual void CopyOut(const Copy& copy) = 0;
  virtual void CopyWithin(const Copy& copy) = 0;
  // To another device of the same kind; false where that takes a way over the host.
  virtual bool CopyAcross(const Copy& copy, Device& to);
  virtual void Zero(const TensorView& tensor);

  // Held around what ONNX Runtime does with the device; `capture`: while it captures a graph.
  virtual DeviceLock Lock(bool capture) = 0;
  // The same for a run that may be canceled while it waits: throws ERR_RUN_CANCELED.
  virtual DeviceLock Lock(bool capture, const std::atomic<bool>& canceled) = 0;

  // Any thread. At once where nobody has the turn, else by whoever has it: a finalizer must not hold the
  // event loop for another session's run.
  void Release(DeferredRelease deferred) noexcept;
  // An DeviceLock has ended.
  void ReleaseDeferred() noexcept;

  virtual std::unique_ptr<Queue> MakeQueue(bool blocking_wait) = 0;
  // Appends the execution provider to a session's options.
  virtual void Append(OrtSessionOptions* options, const Options& provider_options, Queue* queue) = 0;

  // Of the device's memory; throws where the device does not tell.
  struct MemoryUse {
    size_t free;
    size_t total;
  };
  virtual MemoryUse memory_use();

  // Keys of run options: every run on the device has the first.
  virtual Options run_options() const { return {}; }

 protected:
  // The turn to free, where it is to be had now.
  virtual bool TryLock(std::unique_lock<DeviceMutex>& exclusive,
                       std::shared_lock<DeviceMutex>& shared) noexcept = 0;
  virtual void ReleaseLocked(DeferredRelease& deferred) const noexcept = 0;

 private:
  const std::string name_;
  const int id_;
  std::mutex deferred_mutex_;
  std::vector<DeferredRelease> deferred_;  // until the turn of whoever has it now has ended
};

// Called once a device is open, and with it libraries that the process did not have.
inline void (*after_open)() noexcept = nullptr;

// The device by its provider's name, opened by the first who asks; `options` are the first session's.
Device& Open(const std::string& name, int id, const Options& options);

// Before the process exits: waits for what is still going on. Drivers that are torn down at work crash.
void DrainAll() noexcept;

// A tensor of the device's memory, or of pinned memory.
struct Tensor {
  std::shared_ptr<Memory> memory;
  ort::ValueHandle value;
  TensorView view() const noexcept {
    return {value.get(), memory ? memory->data() : nullptr, memory ? memory->bytes() : 0};
  }
};
Tensor MakeTensor(std::shared_ptr<Memory> memory, const OrtMemoryInfo* info, ONNXTensorElementDataType type,
                  const std::vector<int64_t>& dims);

}  // namespace device
