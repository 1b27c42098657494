// What is bound, as a binding's wrapper and its runs share it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "session_state.h"
#include "value.h"

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
    std::shared_ptr<ValueState> value;  // null: ONNX Runtime allocates it anew for each run
  };

  // JS thread: may it be changed or run?
  void CheckIdle() const;
  // JS thread, before each run: may it be run, and is every borrowed buffer still there?
  void PrepareRun(Napi::Env env);
  // The thread that runs it.
  void Run();

  // JS thread: an output that ONNX Runtime allocated in the last run.
  Napi::Value WrapOutput(Napi::Env env, ort::ValueHandle output) const;

  void CheckBound();
  void RefreshOutputs();

  std::shared_ptr<SessionState> session;
  std::vector<std::shared_ptr<ValueState>> inputs;  // by the input's index; null where unbound
  std::vector<std::shared_ptr<ValueState>>
      replaced;                 // inputs of the last run that its outputs may still share
  std::vector<Output> outputs;  // in the order they were bound
  ort::RunOptionsHandle options;
  ort::IoBindingHandle handle;
  run::InlinePolicy policy;
  // What is bound was found whole when so many values had been disposed; until another is, it still is.
  static constexpr uint64_t kUnchecked = ~uint64_t{0};
  uint64_t checked_at = kUnchecked;
  AsyncJob* job = nullptr;  // the asynchronous run in flight
  bool running = false;
  bool terminated = false;  // the last run was asked to end; only the JS thread looks at this
  bool refreshes = false;   // some output is made anew or emptied for each run
  bool borrows = false;     // some value borrows a user's typed array
};
