// What a binding on a device copies after each run, besides its downloads: see Arrange of host.h.
#include "device.h"
#include "run/thread_check.h"

using Placement = Slot::Placement;

void DeviceBinding::Arrange() {
  JS_THREAD();
  size_t bytes = 0;
  for (const BoundOutput& output : values_.outputs()) {
    CheckNotOverwritten(output);
    Slot& slot = outputs_[output.index];
    // The device copies of a value as an input and as an output are apart.
    const bool doubled = slot.placement != Placement::kCopied && values_.NeedsSecond(output);
    if (doubled != slot.doubled) {
      slot.doubled = doubled;
      slot.bound = false;
      slot.second = {};
    }
    slot.passed = values_.Passed(output) != nullptr;
    bytes += (slot.doubled + slot.passed) * slot.tensor.bytes;
    if (session_.device->allocates_at_once()) slot.AllocateCopy(*session_.device);
  }
  Update();
  if (!copies_.empty() || !host_copies_.empty()) LogCopies(bytes);
}

void DeviceBinding::CheckNotOverwritten(const BoundOutput& output) const {
  if (!values_.ReturnsOverwritten(output)) return;
  // What a run overwrites of a copied input is not what it reads.
  const std::optional<size_t>& source = session_.passed_inputs[output.index];
  if (source && inputs_[*source].placement == Placement::kCopied) return;
  throw ort::Error("ERR_MEMORY_OVERLAP", "output '" + session_.outputs[output.index].name +
                                             "' is an input whose memory another output is written to");
}

// In this order: inputs that are outputs are read before any second buffer is copied to where it belongs.
void DeviceBinding::AddCopies() {
  copies_.clear();
  host_copies_.clear();
  const auto add = [this](const Slot& to, const device::Copy& copy) {
    (to.placement == Placement::kHost ? host_copies_ : copies_).push_back(copy);
  };
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Slot& output = outputs_[i];
    const std::optional<size_t>& source = session_.passed_inputs[i];
    if (!output.passed || !source) continue;
    const Slot& input = inputs_[*source];
    const device::Copy copy{input.own(), output.target()};
    // ONNX Runtime itself copies between the host and the device.
    const bool apart = (input.placement == Placement::kHost) != (output.placement == Placement::kHost);
    if (!apart && (copy.to.data == nullptr || copy.to.data != copy.from.data)) add(output, copy);
  }
  for (const Slot& output : outputs_) {
    if (output.doubled) add(output, {output.second.view(), output.own()});
  }
}
