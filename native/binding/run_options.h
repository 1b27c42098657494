// The OrtRunOptions of a binding's runs.
#pragma once

#include "device/device.h"
#include "ort/run_options.h"

class BindingOptions {
 public:
  // On a device most runs leave the wait to us. ONNX Runtime then also leaves out the end-of-run clean-up of
  // the pinned buffers that its kernels borrowed, so now and then it has a run of its own kind.
  static constexpr int kSynchronizeEvery = 32;

  BindingOptions(const device::Device* device, bool graphs) {
    // Where graphs can be captured, each run says whether it is one: -1 is none.
    device::Options config;
    if (graphs) config.emplace_back("gpu_graph_id", "-1");
    synchronizing_ = Make(config);
    if (device == nullptr || device->run_options().empty()) return;
    const device::Options own = device->run_options();
    config.insert(config.end(), own.begin(), own.end());
    plain_ = Make(config);
  }

  // JS thread: options of the next run of the binding.
  void Advance() noexcept { ++runs_; }
  const OrtRunOptions* next() const noexcept {
    if (replay_) return replay_.get();
    return plain_ && runs_ % kSynchronizeEvery != 0 ? plain_.get() : synchronizing_.get();
  }
  const OrtRunOptions* synchronizing() const noexcept { return synchronizing_.get(); }
  const OrtRunOptions* capturing() const noexcept { return capturing_.get(); }

  // JS thread, before a capture; and after it, once it has succeeded or not.
  void PrepareCapture(const device::Device& device, int graph_id) {
    device::Options config{{"gpu_graph_id", std::to_string(graph_id)}};
    capturing_ = Make(config);
    const device::Options own = device.run_options();
    config.insert(config.end(), own.begin(), own.end());
    prepared_ = Make(config);
  }
  void FinishCapture(bool captured) {
    if (captured) replay_ = std::move(prepared_);
    capturing_.reset();
    prepared_.reset();
  }
  void ForgetCapture() { replay_.reset(); }
  bool captured() const noexcept { return replay_ != nullptr; }
  // Of the capture being made: a replay.
  const OrtRunOptions* prepared() const noexcept { return prepared_.get(); }

  // Any thread, while the binding runs.
  void Terminate() const noexcept {
    for (OrtRunOptions* options :
         {synchronizing_.get(), plain_.get(), replay_.get(), capturing_.get(), prepared_.get()}) {
      if (options == nullptr) continue;
      if (OrtStatus* status = ort::api().RunOptionsSetTerminate(options)) ort::api().ReleaseStatus(status);
    }
  }
  // JS thread, while it does not.
  void Unterminate() const {
    for (OrtRunOptions* options : {synchronizing_.get(), plain_.get(), replay_.get()}) {
      if (options != nullptr) ort::Check(ort::api().RunOptionsUnsetTerminate(options));
    }
  }

 private:
  static ort::RunOptionsHandle Make(const device::Options& config) { return ort::MakeRunOptions(config); }

  ort::RunOptionsHandle synchronizing_;  // ONNX Runtime waits for the device
  ort::RunOptionsHandle plain_;          // we do; null where there is no difference
  ort::RunOptionsHandle capturing_;
  ort::RunOptionsHandle prepared_;
  ort::RunOptionsHandle replay_;  // set: the binding has a graph
  unsigned runs_ = 0;
};
