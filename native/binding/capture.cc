// Capturing a binding's graph: what a run does on the device is recorded once, and replayed by later runs.
#include <cstring>

#include "device/host_memory.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "state.h"

namespace {

// Copies of tensors on the device. A capture runs the model several times, and what it updates in place (a
// state, a key-value cache) must then be as if it had not.
class SavedTensors {
 public:
  SavedTensors(device::Device& device, std::vector<device::TensorView> views)
      : device_(device), views_(std::move(views)) {
    for (const device::TensorView& view : views_) {
      const ort::TensorShape shape = ort::Shape(view.value);
      copies_.push_back(
          device::MakeTensor(device.Allocate(view.bytes), device.memory_info(), shape.type, shape.dims));
      if (view.bytes > 0) device.CopyWithin({view, copies_.back().view()});
    }
  }
  void Restore() const {
    for (size_t i = 0; i < views_.size(); ++i) {
      if (views_[i].bytes > 0) device_.CopyWithin({copies_[i].view(), views_[i]});
    }
  }

 private:
  device::Device& device_;
  std::vector<device::TensorView> views_;
  std::vector<device::Tensor> copies_;
};

using Snapshot = std::vector<device::Tensor>;

Snapshot ReadAll(device::Device& device, const std::vector<device::TensorView>& views) {
  Snapshot snapshot;
  for (const device::TensorView& view : views) {
    const ort::TensorShape shape = ort::Shape(view.value);
    snapshot.push_back(
        device::MakeTensor(device::HostMemory::Allocate(view.bytes, device::HostMemory::Fill::kZero),
                           ort::CpuMemoryInfo(), shape.type, shape.dims));
    if (view.bytes > 0) device.CopyOut({view, snapshot.back().view()});
  }
  return snapshot;
}

size_t Differing(const Snapshot& one, const Snapshot& other) {
  size_t count = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    const device::TensorView a = one[i].view();
    if (a.bytes > 0 && std::memcmp(a.data, other[i].view().data, a.bytes) != 0) ++count;
  }
  return count;
}

}  // namespace

void BindingState::Capture(bool verify) {
  std::vector<std::string> unbound;
  for (const Output& output : outputs) {
    if (!output.value) unbound.push_back(session->outputs[output.index].name);
  }
  device->CheckCapturable(unbound);

  const auto run = [this](const OrtRunOptions* with, bool capture) {
    device->Start(with, {.capture = capture, .download = false}, canceled, [this] { return TellBound(); });
    device->Ended(true);
  };
  device::Device& on = *session->device;
  const SavedTensors saved(on, device->VisibleOutputs());
  try {
    Snapshot expected;
    if (verify) {
      run(options.synchronizing(), false);
      expected = ReadAll(on, device->AllOutputs());
      saved.Restore();
    }
    run(options.capturing(), true);
    if (verify) {
      saved.Restore();
      run(options.prepared(), false);
      const size_t differing = Differing(expected, ReadAll(on, device->AllOutputs()));
      if (differing > 0) {
        throw ort::Error("ERR_GRAPH_MISMATCH",
                         "the captured graph gives other results than a run without it, in " +
                             std::to_string(differing) + " of " + std::to_string(expected.size()) +
                             " outputs");
      }
    }
  } catch (...) {
    // Should this fail too, the first failure is the one to tell.
    try {
      saved.Restore();
    } catch (const ort::Error&) {
    }
    FreeGraph();
    throw;
  }
  saved.Restore();
}

void BindingState::FreeGraph() const noexcept {
  if (graph_id == 0 || ort::api().SessionReleaseCapturedGraph == nullptr) return;
  device::DeferredRelease deferred;
  deferred.graph_id = graph_id;
  deferred.session = session->handle;
  session->device->Release(std::move(deferred));
}

void BindingState::ReleaseGraph() noexcept {
  FreeGraph();
  options.ForgetCapture();
  graph_id = 0;
}
