// Owns a binding's OrtIoBinding and runs it, on the CPU or on a device.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "run_options.h"
#include "values.h"

struct CaptureMode {
  bool verify = false;       // compares a replay with a plain run
  bool throw_stale = false;  // refuses a run in place of making a stale graph anew
  bool whole = false;        // the graph holds the copies of host memory too
};

class BindingHost {
 public:
  static std::unique_ptr<BindingHost> Make(SessionState& session, const BoundValues& values);
  virtual ~BindingHost() = default;
  BindingHost(const BindingHost&) = delete;
  BindingHost& operator=(const BindingHost&) = delete;

  // JS thread, while no run is in flight, and before `values` changes. `mapped`: the device reads and writes
  // pinned memory itself.
  virtual void BindInput(size_t index, const ValueState& value, bool mapped) = 0;
  virtual void BindOutput(const BoundOutput& output, bool mapped) = 0;
  // An optional input without a value is one that is not bound.
  virtual void UnbindInput(size_t index) = 0;
  virtual void ClearInputs() = 0;
  virtual void ClearOutputs() = 0;

  // JS thread, before a run after `values` changed: decides where ONNX Runtime writes, and what is copied
  // after the run.
  virtual void Arrange() = 0;

  // JS thread, before a run: whether stand-ins are bound for detachable values.
  virtual void UseStandIns(bool /*use*/) {}
  // JS thread, before each run on the run thread. `changed`: the inputs that were written to since the last
  // run, unless all may have been. `replay`: the captured graph is replayed.
  virtual void Prepare(const std::optional<std::vector<size_t>>& /*changed*/, bool /*replay*/) {}
  // The thread that runs. Starts a run, which on the CPU has ended when this returns.
  virtual void Start(device::Beside beside) = 0;
  // JS thread, after Prepare, in place of the run thread: starts a replay. False, and nothing has begun,
  // where the run thread must do the run. `waits`: this thread polls until it has ended; else the run thread
  // does.
  virtual bool StartInPlace(bool /*waits*/) { return false; }
  // The same: after a start whose end nobody has seen, waits until nothing uses the memory.
  virtual void Abandon() noexcept {}
  // Whether the run has ended; with `wait`, after waiting for its end.
  virtual bool Poll(bool /*wait*/) { return true; }
  virtual bool CanOverlap() const noexcept { return false; }

  // JS thread, while no run is in flight, under the session's release_mutex: the options of later runs; null:
  // none but its own.
  void UseOptions(const std::shared_ptr<BindingOptions>& options) {
    if (terminated_) Unterminate();
    options_ = options ? options : own_options_;
  }

  // Any thread, while a run is in flight: ends it early.
  void Terminate() noexcept {
    terminated_ = true;
    options_->Terminate();
  }
  bool terminated() const noexcept { return terminated_; }
  // JS thread, before the next run.
  void Unterminate() {
    options_->Unterminate();
    terminated_ = false;
  }

  // JS thread: throws where a run cannot be captured, and changes nothing.
  virtual void CheckCapturable(const CaptureMode& mode) const;
  // JS thread, run thread, and either: a capture that fails releases itself.
  virtual void PrepareCapture(const CaptureMode& /*mode*/) {}
  virtual void Capture() {}
  virtual void ReleaseCapture() noexcept {}

  // JS thread, while no run is in flight: the outputs of the last run, in the order they were bound.
  std::vector<ort::ValueHandle> Outputs();
  // The same: a copy of an output that is an input, as it was at the end of the run; null: ONNX Runtime's
  // output is right.
  OrtValue* Returned(size_t output) const noexcept;
  // Run thread, before the session is released: an output that ONNX Runtime allocated in host memory outlives
  // it.
  void KeepOutputs() noexcept;
  // The same: the number of that run; 0 where it failed.
  unsigned results_of() const noexcept { return results_of_; }
  // Whether device memory belongs to an input of the last run: its device copy, or mapped.
  virtual bool IsInputOnDevice(const void* /*data*/) const noexcept { return false; }
  // How often the graph was made anew.
  unsigned recaptures() const noexcept { return recaptures_; }
  // The result of the same run that has memory of the addon's, by the order in which the outputs were bound;
  // null: ONNX Runtime's value is the result.
  virtual const device::Tensor* OwnResult(size_t /*index*/) const noexcept { return nullptr; }
  // The bytes of all device copies.
  virtual size_t device_bytes() const noexcept { return 0; }

  // Releases all handles, before the session's; idempotent.
  virtual void Release() noexcept { binding_.reset(); }

 protected:
  BindingHost(SessionState& session, const BoundValues& values);
  // When a run begins, and when it has ended without an error.
  void BeginResults() noexcept {
    results_of_ = 0;
    if (returned_by_run_ != returned_) [[unlikely]]
      returned_by_run_ = returned_;
  }
  void EndResults() noexcept { results_of_ = ++runs_ended_; }
  // Before each run. An OrtIoBinding keeps the tensor that its first run allocated, which does not fit
  // another shape; kernels expect a string output to be empty, and some append to it.
  void Renew(const BoundOutput& output, OrtValue* second) const;
  // Once a binding, on the JS thread: that each run copies.
  void LogCopies(size_t bytes);
  const char* InputName(size_t index) const { return session_.inputs[index].name.c_str(); }
  const char* OutputName(size_t index) const { return session_.outputs[index].name.c_str(); }

  SessionState& session_;
  const BoundValues& values_;
  const std::shared_ptr<BindingOptions> own_options_;
  std::shared_ptr<BindingOptions> options_;  // of the next run
  ort::IoBindingHandle binding_;
  std::atomic<bool> terminated_{false};
  std::atomic<unsigned> recaptures_{0};
  // By the output's index: copies of inputs that are outputs, which a later run may write.
  using ReturnedTensors = std::unordered_map<size_t, device::Tensor>;
  std::shared_ptr<ReturnedTensors> returned_ = std::make_shared<ReturnedTensors>();

 private:
  std::shared_ptr<const ReturnedTensors> returned_by_run_;  // of the last run
  std::vector<ort::ValueHandle> kept_;
  unsigned results_of_ = 0;  // of the thread that runs
  unsigned runs_ended_ = 0;
  bool copies_logged_ = false;
};
