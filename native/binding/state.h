// What is bound, as a binding's wrapper and its runs share it.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <vector>

#include "device.h"
#include "run_options.h"
#include "session/state.h"
#include "value/value.h"

class AsyncJob;

// Shared by the wrapper and a run in flight. While a run is in flight only the thread that runs it touches
// the handles; the JS thread sees `running` and refuses.
struct BindingState {
  explicit BindingState(std::shared_ptr<SessionState> session);
  ~BindingState();
  BindingState(const BindingState&) = delete;
  BindingState& operator=(const BindingState&) = delete;

  struct Output {
    size_t index;
    std::shared_ptr<ValueState> value;  // null: ONNX Runtime allocates it anew for each run,
    const OrtMemoryInfo* info;          // in this memory
  };

  // JS thread: may it be run?
  void CheckIdle() const;
  // JS thread: may what is bound be changed?
  void CheckChangeable() const;
  // JS thread, before each run: may it be run, and is every borrowed buffer still there?
  void PrepareRun(Napi::Env env);
  // The thread that runs it, on the CPU.
  void Run();
  // The run thread, on a device: starts a run, and says whether it has ended.
  void Start(bool overlap);
  bool Ended(bool wait) { return device->Ended(wait); }
  // The run thread: captures a graph. The JS thread has prepared `options`, and finishes them.
  void Capture(bool verify);
  // JS thread: runs are plain ones from now on.
  void ReleaseGraph() noexcept;
  // Lets go of all handles, on the session's release.
  void Release() noexcept;

  // JS thread: an output that ONNX Runtime allocated in the last run.
  Napi::Value WrapOutput(Napi::Env env, const Output& bound, ort::ValueHandle output) const;

  void FreeGraph() const noexcept;
  void CheckCopies() const;
  OrtIoBinding* TellBound();
  void CheckBound();
  void Refresh(const Output& output) const;

  std::shared_ptr<SessionState> session;
  std::vector<std::shared_ptr<ValueState>> inputs;  // by the input's index; null where unbound
  std::vector<std::shared_ptr<ValueState>>
      replaced;                 // inputs of the last run that its outputs may still share
  std::vector<Output> outputs;  // in the order they were bound
  BindingOptions options;
  ort::IoBindingHandle handle;            // on a device made by the first run
  std::unique_ptr<DeviceBinding> device;  // null on the CPU
  int graph_id = 0;                       // of the last capture
  run::InlinePolicy policy;
  // What is bound was found whole when so many values had been disposed; until another is, it still is.
  static constexpr uint64_t kUnchecked = ~uint64_t{0};
  uint64_t checked_at = kUnchecked;
  AsyncJob* job = nullptr;  // the asynchronous run in flight
  bool running = false;
  std::atomic<bool> canceled{false};  // the run in flight is to end
  bool start_anew = false;            // on a device: the next run makes another handle
  bool terminated = false;            // the last run was asked to end; only the JS thread looks at this
  bool refreshes = false;             // some output is made anew or emptied for each run
  bool borrows = false;               // some value borrows a user's typed array
};
