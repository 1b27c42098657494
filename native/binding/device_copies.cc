// What a binding on a device copies after each run, besides its downloads: see Arrange of host.h.
#include "device.h"
#include "ort/metadata.h"
#include "overlap.h"
#include "run/thread_check.h"

using Placement = Slot::Placement;

void DeviceBinding::Arrange() {
  JS_THREAD();
  size_t bytes = 0;
  returned_ = std::make_shared<ReturnedTensors>();
  for (const BoundOutput& output : values_.outputs()) {
    Slot& slot = outputs_[output.index];
    if (const Slot* const input = ReturnedInput(output)) bytes += input->tensor.bytes;
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
    if (!output.value) slot.second = {};
  }
  if (session_.device->allocates_at_once()) AllocateReturned();
  Update();
  if (bytes > 0) LogCopies(bytes);
}

// The input that ONNX Runtime gives as an output which it allocates, unless it copies it on the host.
const Slot* DeviceBinding::ReturnedInput(const BoundOutput& output) const {
  const auto passed = session_.passed_inputs[output.index];
  if (!passed || values_.Returned(output) == nullptr) return nullptr;
  const Slot& input = inputs_[*passed];
  const bool uploaded = input.placement == Placement::kHost && session_.Location(output.info).OnDevice();
  return uploaded ? nullptr : &input;
}

void DeviceBinding::AllocateReturned() {
  device::Device& device = *session_.device;
  const auto on_device = [&device](const Slot& input) {
    return device::MakeTensorLike(input.tensor.value, device.AllocateLocked(input.tensor.bytes),
                                  device.memory_info());
  };
  for (const BoundOutput& output : values_.outputs()) {
    const Slot* const input = ReturnedInput(output);
    if (input == nullptr) continue;
    device::Tensor& returned = (*returned_)[output.index];
    device::Tensor& staged = outputs_[output.index].second;
    if (returned.value) continue;
    if (session_.Location(output.info).OnDevice()) {
      returned = on_device(*input);
      continue;
    }
    // A later run may write the user's memory on the device while it is downloaded.
    if (input->placement == Placement::kDevice || input->placement == Placement::kMapped) {
      staged = on_device(*input);
    }
    returned = MakeSecond(input->tensor.value, input->tensor.bytes);
  }
}

void DeviceBinding::AddReturned() {
  for (const BoundOutput& output : values_.outputs()) {
    const Slot* const input = ReturnedInput(output);
    if (input == nullptr) continue;
    const device::TensorView returned = (*returned_)[output.index].view();
    const device::TensorView staged = outputs_[output.index].second.view();
    if (returned.value == nullptr) {
      lacks_copies_ = true;
    } else if (input->placement == Placement::kHost) {
      host_inputs_.push_back({input->own(), returned});
    } else if (session_.Location(output.info).OnDevice()) {
      copies_.push_back({input->own(), returned});
    } else if (staged.value != nullptr) {
      copies_.push_back({input->own(), staged});
      downloads_.push_back({staged, returned});
    } else {
      downloads_.push_back({input->own(), returned});
    }
  }
}

// In this order: inputs that are outputs are read before any second buffer is copied to where it belongs.
void DeviceBinding::AddCopies() {
  copies_.clear();
  host_copies_.clear();
  host_inputs_.clear();
  AddReturned();
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Slot& output = outputs_[i];
    const std::optional<size_t>& source = session_.passed_inputs[i];
    if (!output.passed || !source) continue;
    const Slot& input = inputs_[*source];
    const device::Copy copy{input.own(), output.target()};
    // ONNX Runtime itself copies between the host and the device.
    const bool apart = (input.placement == Placement::kHost) != (output.placement == Placement::kHost);
    if (!apart && (copy.to.data == nullptr || copy.to.data != copy.from.data))
      (output.placement == Placement::kHost ? host_inputs_ : copies_).push_back(copy);
  }
  for (const Slot& output : outputs_) {
    if (!output.doubled) continue;
    (output.placement == Placement::kHost ? host_copies_ : copies_)
        .push_back({output.second.view(), output.own()});
  }
}

void DeviceBinding::CopyFromHost(const OrtIoBinding* binding) {
  std::vector<ort::ValueHandle> values = ort::BoundOutputs(binding);
  std::vector<device::Copy> on_host;
  std::vector<device::Copy> uploads;
  for (size_t i = 0; i < values.size(); ++i) {
    const BoundOutput& output = values_.outputs().at(i);
    const Slot& slot = outputs_[output.index];
    OrtValue* const value = values[i].get();
    if (!output.value || value == nullptr || session_.outputs[output.index].kind != ONNX_TYPE_TENSOR)
      continue;
    if (slot.staged.value) {
      uploads.push_back({{value, ort::Data(value), slot.tensor.bytes}, slot.target()});
      uploaded_.push_back(std::move(values[i]));
    } else if (slot.placement == Placement::kHost && ort::Data(value) != ort::Data(slot.value())) {
      // Where another output is copied to the host, this one may be in memory of ONNX Runtime's.
      on_host.push_back({{value, ort::Data(value), slot.tensor.bytes}, slot.target()});
    }
  }
  run_->Upload(uploads);
  if (on_host.empty()) return;
  session_.queue->Settle();  // a copy to it may be under way
  CopyOnHost(on_host);
}
