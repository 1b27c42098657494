// Graphs of a binding on a device: the capture, and what keeps replays right.
#include <algorithm>

#include "capture.h"
#include "device.h"
#include "env/log.h"
#include "ort/element_type.h"
#include "ort/metadata.h"
#include "ort/tensor.h"
#include "run/thread_check.h"

using Placement = Slot::Placement;

namespace {

// The host memory that a graph of a whole request writes: a capture leaves it as it was.
class SavedHostMemory {
 public:
  explicit SavedHostMemory(const std::vector<device::Copy>& downloads) : downloads_(downloads) {
    for (const device::Copy& copy : downloads_) {
      const auto* const data = static_cast<const char*>(copy.to.data);
      bytes_.emplace_back(data, data + copy.to.bytes);
    }
  }
  ~SavedHostMemory() {
    for (size_t i = 0; i < downloads_.size(); ++i) {
      std::copy(bytes_[i].begin(), bytes_[i].end(), static_cast<char*>(downloads_[i].to.data));
    }
  }
  SavedHostMemory(const SavedHostMemory&) = delete;
  SavedHostMemory& operator=(const SavedHostMemory&) = delete;

 private:
  const std::vector<device::Copy> downloads_;
  std::vector<std::vector<char>> bytes_;
};

}  // namespace

void DeviceBinding::PrepareCapture(const CaptureMode& mode) {
  JS_THREAD();
  capture_mode_ = mode;
  if (captures_) return;
  const int id = session_.next_graph_id++;
  const std::lock_guard lock(session_.release_mutex);  // SessionState::End uses the options
  own_options_->SetGraph(*session_.device, id);
  graph_id_ = id;
}

void DeviceBinding::Capture() {
  RUN_THREAD();
  const auto run = [this](BindingOptions::Kind kind) {
    Run(kind, {{.capture = kind == BindingOptions::kCapturing}, false});
    Poll(true);
  };
  std::optional<SavedHostMemory> saved;
  if (capture_mode_.whole && capture_mode_.verify) saved.emplace(downloads_);
  try {
    const CaptureOutputs outputs{OutputsOnDevice(false), [this] { return OutputsOnDevice(true); }};
    CaptureGraph(*session_.device, outputs, {capture_mode_.verify, captures_ ? kWarmUps : 0}, run);
  } catch (const ort::Error& error) {
    ReleaseCapture();
    // ONNX Runtime does not report which node it was.
    const std::string& suspects = session_.graph_nodes.suspects;
    if (error.code() != "ERR_GRAPH_CAPTURE" || suspects.empty()) throw;
    throw ort::Error(std::string(error.code()),
                     std::string(error.what()) + " (one of these may: " + suspects + ")");
  } catch (...) {
    ReleaseCapture();
    throw;
  }
  if (captures_) {
    graph_epoch_ = session_.graph_epoch.current();
    failed_recaptures_ = 0;
    counted_ = true;
    ++session_.graph_epoch.graphs;
  }
}

void DeviceBinding::CaptureWork(const OrtIoBinding* binding) {
  if (capture_mode_.whole) {
    for (Slot& input : inputs_) input.dirty = true;
    run_->Upload(Uploads());
  }
  run_->Run(session_.handle.get(), options_->get(BindingOptions::kPlain), binding);
  if (!capture_mode_.whole) return;
  run_->Copy(copies_);
  run_->Download(downloads_);
}

// ONNX Runtime is not called, so any thread can do this. A copy of pageable memory may wait until the device
// has done all before it, which only a caller that waits anyway can afford.
bool DeviceBinding::StartInPlace(bool waits) {
  DEVICE_RUN_THREAD();
  if (!captures_ || kind_ != BindingOptions::kReplaying || IsStale()) return false;
  if (!waits && copies_wait_) return false;
  return Run(kind_,
             {{.beside = waits ? device::Beside::kNothing : device::Beside::kLater, .in_place = true}});
}

bool DeviceBinding::IsStale() const noexcept {
  return captures_ && graph_epoch_ != session_.graph_epoch.current();
}

// The run is a plain one, and warms up the capture that follows it.
void DeviceBinding::StartStale(device::Beside beside) {
  if (capture_mode_.throw_stale) {
    throw ort::Error("ERR_GRAPH_STALE",
                     "a run of the session since the capture may have moved memory that the graph uses");
  }
  const bool recapture = failed_recaptures_ < kMostFailedRecaptures;
  Run(BindingOptions::kPlain, {{.beside = beside, .capture = recapture}, true, recapture});
}

// The request has its results, whether the capture succeeds or not.
void DeviceBinding::Recapture(const OrtIoBinding* binding) {
  std::optional<ort::Error> failed;
  ort::CatchInto(failed, [&] { Compute(BindingOptions::kCapturing, binding); });
  if (!failed) {
    graph_epoch_ = session_.graph_epoch.current();
    failed_recaptures_ = 0;
    if (recaptures_++ == 0) {
      WriteLog(ORT_LOGGING_LEVEL_WARNING,
               "the graph of a binding was captured anew, since another run of the session may have moved "
               "memory that it uses: the shapes of that run were new to the session, or it shrank the arena "
               "(run every shape once before the capture)");
    }
  } else if (++failed_recaptures_ == kMostFailedRecaptures) {
    WriteLog(ORT_LOGGING_LEVEL_WARNING,
             "the graph of a binding could not be captured anew, and its runs are "
             "plain ones from now on: " +
                 std::string(failed->what()));
  }
}

void DeviceBinding::BeginShapes() {
  if (shapes_known_) return;
  shapes_.clear();
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].placement == Placement::kNone) continue;
    AppendShape(shapes_, InputName(i), inputs_[i].value());
  }
  session_.graph_epoch.BeginRun(shapes_);
}

void DeviceBinding::EndShapes() {
  if (shapes_known_) return;
  session_.graph_epoch.EndRun(shapes_);
  shapes_known_ = !session_.graph_epoch.by_last_shapes;
}

// ONNX Runtime allocates results where the temporaries of graphs are, and the next replay writes there.
void DeviceBinding::OwnResults() {
  const std::vector<ort::ValueHandle> values = ort::BoundOutputs(binding_.get());
  own_results_.resize(values.size());
  std::vector<device::Copy> copies;
  for (size_t i = 0; i < values.size(); ++i) {
    const BoundOutput& output = values_.outputs()[i];
    if (output.value || !session_.Location(output.info).OnDevice() || ReturnedInput(output)) continue;
    own_results_[i] = device::MakeResult(*session_.device, values[i].get());
    const device::TensorView to = own_results_[i].view();
    copies.push_back({{values[i].get(), ort::Data(values[i].get()), to.bytes}, to});
  }
  run_->Copy(copies);
}

const device::Tensor* DeviceBinding::OwnResult(size_t index) const noexcept {
  const bool own = index < own_results_.size() && own_results_[index].value;
  return own ? &own_results_[index] : nullptr;
}

void DeviceBinding::ReleaseCapture() noexcept {
  if (run_) run_->ReleaseGraph();
  if (std::exchange(counted_, false)) --session_.graph_epoch.graphs;
  if (graph_id_ == 0) return;
  session_.device->Release({.graph_id = std::exchange(graph_id_, 0), .session = session_.handle});
}

void DeviceBinding::CheckCapturable(const CaptureMode& mode) const {
  JS_THREAD();
  if (!session_.graphs) {
    throw ort::Error("ERR_GRAPH_CAPTURE", "the session was created without enableGraphCapture");
  }
  const auto refuse = [](const std::string& why) {
    throw ort::Error("ERR_GRAPH_CAPTURE", "cannot capture: " + why);
  };
  for (const BoundOutput& output : values_.outputs()) {
    if (output.value) continue;
    refuse("output '" + session_.outputs[output.index].name +
           "' is allocated for each run, but a graph always writes to the same address");
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].placement != Placement::kHost) continue;
    refuse("input '" + session_.inputs[i].name + "' is read on the CPU, which a replay omits");
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].placement == Placement::kNone || session_.outputs_on_device[i]) continue;
    refuse("output '" + session_.outputs[i].name + "' is written on the CPU, which a replay omits");
  }
  if (!session_.graph_nodes.uncapturable.empty()) refuse(session_.graph_nodes.uncapturable);
  if (mode.whole) CheckWhole();
}

// The driver copies other memory in pieces, through buffers of its own.
void DeviceBinding::CheckWhole() const {
  if (!captures_) {
    throw ort::Error("ERR_NOT_SUPPORTED", "only CUDA captures a whole request: omit `whole`");
  }
  const auto check = [](const Slot& slot, const std::string& name) {
    if (slot.placement != Placement::kCopied || slot.pinned) return;
    throw ort::Error("ERR_GRAPH_CAPTURE",
                     "cannot capture: " + name +
                         " is in pageable memory, which no graph copies: bind it to pinned memory");
  };
  for (size_t i = 0; i < inputs_.size(); ++i) check(inputs_[i], "input '" + session_.inputs[i].name + "'");
  for (size_t i = 0; i < outputs_.size(); ++i)
    check(outputs_[i], "output '" + session_.outputs[i].name + "'");
}

void DeviceBinding::CheckUploadsAll(const std::vector<size_t>& changed) const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].placement != Placement::kCopied) continue;
    if (std::find(changed.begin(), changed.end(), i) != changed.end()) continue;
    throw ort::Error("ERR_GRAPH_CAPTURED", "the captured graph copies every input, and so '" +
                                               session_.inputs[i].name +
                                               "', which `upload` omits: run without `upload`");
  }
}

// What a run writes on the device and the user can see there, and with `copies` the device copies too.
std::vector<device::TensorView> DeviceBinding::OutputsOnDevice(bool copies) const {
  std::vector<device::TensorView> views;
  for (const Slot& output : outputs_) {
    if (output.placement == Placement::kDevice) views.push_back(output.tensor);
    if (output.placement == Placement::kMapped) {
      views.push_back({output.on_device.value.get(), output.tensor.data, output.tensor.bytes});
    }
    if (copies && output.placement == Placement::kCopied) views.push_back(output.on_device.view());
  }
  return views;
}
