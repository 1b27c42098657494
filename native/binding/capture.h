// Captures a graph: a run records what it does on the device, and later runs replay that.
#pragma once

#include <functional>
#include <vector>

#include "device/device.h"
#include "run_options.h"

struct CaptureOutputs {
  std::vector<device::TensorView> visible;  // to the user, on the device
  // And the device copies, which the first run may allocate.
  std::function<std::vector<device::TensorView>()> all;
};

struct CaptureSteps {
  bool verify = false;  // throws ERR_GRAPH_MISMATCH where a replay gives other outputs than a plain run
  int warm_ups = 0;     // plain runs before the capture, the one of `verify` included
};

// On the run thread. `run` runs the model and waits. The model runs several times, but leaves the visible
// outputs as they were, also where the capture fails.
void CaptureGraph(device::Device& device, const CaptureOutputs& outputs, const CaptureSteps& steps,
                  const std::function<void(BindingOptions::Kind)>& run);
