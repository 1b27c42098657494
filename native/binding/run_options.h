// The OrtRunOptions of a binding's runs.
#pragma once

#include <array>
#include <functional>

#include "device/device.h"
#include "ort/run_options.h"

class BindingOptions {
 public:
  enum Kind {
    kPlain,
    kSynchronizing,  // ONNX Runtime waits for the device, in place of us
    kCapturing,      // captures a graph
    kReplaying,      // replays the graph
    kKinds,
  };
  // Makes options as the user wants them, which get those of the device.
  using Maker = std::function<ort::RunOptionsHandle()>;

  // `shrinks`: the user's options ask ONNX Runtime to free memory of its arena.
  BindingOptions(const device::Device* device, bool graphs, const Maker& make = ort::MakeRunOptions,
                 bool shrinks = false)
      : shrinks_(shrinks) {
    // On a session with graphs each run names its graph: -1 is none.
    device::Options config;
    if (graphs) config.emplace_back("gpu_graph_id", "-1");
    if (device != nullptr) options_[kSynchronizing] = Make(make, config);
    options_[kPlain] = Make(make, std::move(config), device);
  }

  const OrtRunOptions* get(Kind kind) const noexcept { return options_[kind].get(); }
  bool shrinks() const noexcept { return shrinks_; }

  // JS thread, before a capture.
  void SetGraph(const device::Device& device, int graph_id) {
    const device::Options config{{"gpu_graph_id", std::to_string(graph_id)}};
    options_[kCapturing] = Make(ort::MakeRunOptions, config);
    options_[kReplaying] = Make(ort::MakeRunOptions, config, &device);
  }

  // Any thread, while the binding runs: none of the options is replaced meanwhile.
  void Terminate() const noexcept {
    for (const auto& options : options_) {
      if (options) ort::Ignore(ort::api().RunOptionsSetTerminate(options.get()));
    }
  }
  // JS thread, before the next run: on the run thread it could undo a later Terminate.
  void Unterminate() const {
    for (const auto& options : options_) {
      if (options) ort::Check(ort::api().RunOptionsUnsetTerminate(options.get()));
    }
  }

 private:
  // With the device's own options where there is a device.
  static ort::RunOptionsHandle Make(const Maker& make, device::Options config,
                                    const device::Device* device = nullptr) {
    if (device != nullptr) {
      for (auto& option : device->run_options()) config.push_back(std::move(option));
    }
    ort::RunOptionsHandle options = make();
    ort::AddEntries(options.get(), config);
    return options;
  }

  std::array<ort::RunOptionsHandle, kKinds> options_;
  bool shrinks_;
};
