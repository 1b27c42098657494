#include "device.h"

#include <algorithm>

#include "ort/environment.h"

DeviceBinding::DeviceBinding(SessionState& session)
    : session_(session),
      inputs_(session.inputs.size()),
      outputs_(session.outputs.size()),
      run_(session.queue->MakeRun()) {}

void DeviceBinding::Input(size_t index, const ValueState& value, bool mapped) {
  const std::string& name = session_.inputs.at(index).name;
  session_.CheckDevice(value.OnDevice() ? value.device : nullptr, "input", name);
  const bool on_device = session_.inputs_on_device.at(index);
  if (value.OnDevice() && !on_device) {
    // ONNX Runtime would copy it once, now, and never look at it again.
    throw ort::Error("ERR_DEVICE_MISMATCH", "input '" + name +
                                                "' is read by the CPU, and cannot be bound to memory of " +
                                                session_.device->name());
  }
  Set(inputs_[index], MakeSlot(value, on_device, mapped, "input '" + name + "'"));
}

void DeviceBinding::Output(size_t index, const ValueState& value, bool mapped) {
  const std::string& name = session_.outputs.at(index).name;
  session_.CheckDevice(value.OnDevice() ? value.device : nullptr, "output", name);
  const bool on_device = session_.outputs_on_device.at(index);
  Set(outputs_[index], MakeSlot(value, on_device, mapped, "output '" + name + "'"));
}

DeviceBinding::Slot DeviceBinding::MakeSlot(const ValueState& value, bool on_device, bool mapped,
                                            const std::string& name) const {
  Slot next;
  next.bound = {value.handle.get(), value.data, value.bytes};
  if (value.OnDevice()) {
    next.way = Way::kDevice;
  } else if (!on_device || value.data == nullptr) {
    next.way = Way::kHost;
  } else if (mapped) {
    if (!value.pinned || value.device != session_.device) {
      throw ort::Error("ERR_INVALID_ARG_VALUE", name + " can be mapped only where its memory is pinned for " +
                                                    session_.device->name() + " " +
                                                    std::to_string(session_.device->id()));
    }
    next.way = Way::kMapped;
    void* const there = session_.device->Mapped(value.data);
    next.there = there;
    next.tensor.value = ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue,
                                                      session_.device->memory_info(), there, value.bytes,
                                                      value.dims.data(), value.dims.size(), value.type);
  } else {
    next.way = Way::kMirror;
    next.host = ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue, ort::CpuMemoryInfo(),
                                              value.data, value.bytes, value.dims.data(), value.dims.size(),
                                              value.type);
    next.bound.value = next.host.get();
    next.type = value.type;
    next.dims = value.dims;
  }
  return next;
}

void DeviceBinding::Set(Slot& slot, Slot next) {
  // Here where it can be, and before anything has changed: what does not fit is then told at once.
  if (session_.device->allocates_at_once()) AllocateMirror(next);
  std::swap(slot, next);
  Retire(next);
  SlotsChanged();
}

void DeviceBinding::NoOutput(size_t index) { Set(outputs_.at(index), {}); }

void DeviceBinding::AllocateMirror(Slot& slot) const {
  if (slot.way != Way::kMirror || slot.tensor.memory) return;
  slot.tensor = device::MakeTensor(session_.device->AllocateLocked(slot.bound.bytes),
                                   session_.device->memory_info(), slot.type, slot.dims);
  slot.there = slot.tensor.memory->data();
}

void DeviceBinding::AllocateMirrors() {
  if (!mirrors_missing_) return;
  for (std::vector<Slot>* side : {&inputs_, &outputs_}) {
    for (Slot& slot : *side) AllocateMirror(slot);
  }
  SlotsChanged();
}

void DeviceBinding::Untold() {
  for (std::vector<Slot>* side : {&inputs_, &outputs_}) {
    for (Slot& slot : *side) slot.told = false;
  }
}

void DeviceBinding::Retire(Slot& slot) {
  if (slot.used) replaced_.push_back(std::move(slot));
  slot = {};
}

void DeviceBinding::ForgetInputs() {
  for (Slot& input : inputs_) Retire(input);
  SlotsChanged();
}

void DeviceBinding::ForgetOutputs() {
  outputs_ = std::vector<Slot>(outputs_.size());
  SlotsChanged();
}

void DeviceBinding::SlotsChanged() {
  const auto range = [](const Slot& slot) {
    return device::HostRange{static_cast<const char*>(slot.bound.data), slot.bound.bytes};
  };
  downloads_.clear();
  host_ = {};
  mirrors_missing_ = false;
  for (const std::vector<Slot>* side : {&inputs_, &outputs_}) {
    for (const Slot& slot : *side) {
      mirrors_missing_ = mirrors_missing_ || (slot.way == Way::kMirror && !slot.tensor.memory);
      if (slot.way == Way::kHost && slot.bound.data != nullptr) host_.at_once.push_back(range(slot));
    }
  }
  for (const Slot& output : outputs_) {
    if (output.way == Way::kMirror) downloads_.push_back({output.tensor.view(), output.bound});
    if (output.way == Way::kMirror || output.way == Way::kMapped) host_.written.push_back(range(output));
    if (output.way == Way::kMapped) host_.touched.push_back(range(output));
  }
  std::vector<device::HostRange> changed = host_.written;  // by a run, as the CPU's own outputs are
  for (const Slot& output : outputs_) {
    if (output.way == Way::kHost) changed.push_back(range(output));
  }
  for (Slot& input : inputs_) {
    if (input.way != Way::kMirror && input.way != Way::kMapped) continue;
    host_.touched.push_back(range(input));
    input.kept = std::none_of(changed.begin(), changed.end(), [&](const device::HostRange& written) {
      return written.Overlaps(range(input));
    });
  }
}

void DeviceBinding::Select(const std::vector<size_t>* changed) {
  for (Slot& input : inputs_) input.selected = changed == nullptr;
  if (changed == nullptr) return;
  for (const size_t index : *changed) inputs_.at(index).selected = true;
}

const std::vector<device::Copy>& DeviceBinding::Uploads() {
  uploads_.clear();
  for (Slot& input : inputs_) {
    if (input.way != Way::kMirror || (input.fresh && !input.selected)) continue;
    uploads_.push_back({input.bound, input.tensor.view()});
    input.fresh = false;  // until the copy is known to have ended
  }
  return uploads_;
}

bool DeviceBinding::Ended(bool wait) {
  try {
    if (!run_->Poll(wait)) return false;
  } catch (...) {
    run_->Abandon();
    throw;
  }
  for (Slot& input : inputs_) {
    input.fresh = input.way == Way::kMirror && input.kept;
    input.used = input.there != nullptr;
  }
  return true;
}

size_t DeviceBinding::bytes() const noexcept {
  size_t sum = 0;
  for (const std::vector<Slot>* side : {&inputs_, &outputs_}) {
    for (const Slot& slot : *side) sum += slot.way == Way::kMirror ? slot.bound.bytes : 0;
  }
  return sum;
}

bool DeviceBinding::Mirrors(const void* data) const noexcept {
  const auto is_there = [data](const Slot& slot) { return slot.there == data && data != nullptr; };
  return std::any_of(inputs_.begin(), inputs_.end(), is_there) ||
         std::any_of(replaced_.begin(), replaced_.end(), is_there);
}

std::vector<device::TensorView> DeviceBinding::VisibleOutputs() const {
  std::vector<device::TensorView> views;
  for (const Slot& output : outputs_) {
    if (output.way == Way::kDevice) views.push_back(output.bound);
    if (output.way == Way::kMapped)
      views.push_back({output.tensor.value.get(), output.bound.data, output.bound.bytes});
  }
  return views;
}

std::vector<device::TensorView> DeviceBinding::AllOutputs() const {
  std::vector<device::TensorView> views = VisibleOutputs();
  for (const Slot& output : outputs_) {
    if (output.way == Way::kMirror) views.push_back(output.tensor.view());
  }
  return views;
}

void DeviceBinding::CheckCapturable(const std::vector<std::string>& unbound) const {
  const auto refuse = [](const std::string& what) {
    throw ort::Error("ERR_GRAPH_CAPTURE", "the run cannot be captured: " + what);
  };
  if (!unbound.empty()) {
    refuse("output '" + unbound.front() +
           "' is allocated anew for each run, and a graph writes where it did when captured");
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].way == Way::kHost) {
      refuse("input '" + session_.inputs[i].name + "' is read by the CPU, which a replay leaves out");
    }
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i].way != Way::kNone && !session_.outputs_on_device[i]) {
      refuse("output '" + session_.outputs[i].name + "' is written by the CPU, which a replay leaves out");
    }
  }
}
