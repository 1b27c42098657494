#include "device.h"

#include <algorithm>

#include "overlap.h"
#include "run/float_mode.h"
#include "run/thread_check.h"

using Placement = Slot::Placement;

DeviceBinding::DeviceBinding(SessionState& session, const BoundValues& values)
    : BindingHost(session, values),
      slots_(session.inputs.size() + session.outputs.size()),
      inputs_(std::span(slots_).first(session.inputs.size())),
      outputs_(std::span(slots_).last(session.outputs.size())),
      captures_(session.graphs && session.queue->captures()),
      run_(session.queue->MakeRun()) {}

void DeviceBinding::BindInput(size_t index, const ValueState& value, bool mapped) {
  JS_THREAD();
  const std::string name = "input '" + session_.inputs[index].name + "'";
  const bool on_device = session_.inputs_on_device[index];
  if (value.OnDevice() && !on_device) {
    // ONNX Runtime would copy it to the host once, now.
    throw ort::Error("ERR_DEVICE_MISMATCH", name + " is read on the CPU, and cannot be bound to memory of " +
                                                session_.device->name());
  }
  Replace(inputs_[index], Slot(*session_.device, value, on_device, mapped, name));
  shapes_known_ = false;
}

void DeviceBinding::BindOutput(const BoundOutput& output, bool mapped) {
  JS_THREAD();
  Slot& slot = outputs_[output.index];
  if (!output.value) return Replace(slot, {});
  const bool on_device = session_.outputs_on_device[output.index];
  Slot next(*session_.device, *output.value, on_device, mapped,
            "output '" + session_.outputs[output.index].name + "'");
  // ONNX Runtime's own copy is wrong where nodes of the CPU read the output too.
  if (!on_device && next.placement == Placement::kDevice)
    next.staged = MakeSecond(output.value->handle.get(), output.value->bytes);
  Replace(slot, std::move(next));
}

void DeviceBinding::UnbindInput(size_t index) {
  JS_THREAD();
  if (inputs_[index].placement == Placement::kNone) return;
  Retire(inputs_[index]);
  shapes_known_ = false;
  rebuild_ = true;
  updated_ = false;
}

void DeviceBinding::ClearInputs() {
  JS_THREAD();
  retired_.reserve(retired_.size() + inputs_.size());
  for (Slot& input : inputs_) Retire(input);
  shapes_known_ = false;
  rebuild_ = true;
  updated_ = false;
}

void DeviceBinding::ClearOutputs() {
  JS_THREAD();
  for (Slot& output : outputs_) output = {};
  rebuild_ = true;
  updated_ = false;
}

void DeviceBinding::Replace(Slot& slot, Slot next) {
  // If this waits for no run, and before anything changes, so that the caller gets the error.
  if (session_.device->allocates_at_once()) next.AllocateCopy(*session_.device);
  Retire(slot);
  slot = std::move(next);
  updated_ = false;
}

void DeviceBinding::Retire(Slot& slot) {
  if (slot.used) retired_.push_back(std::move(slot));
  slot = {};
}

void DeviceBinding::Update() {
  updated_ = false;
  downloads_.clear();
  lacks_copies_ = false;
  copies_wait_ = false;
  AddCopies();
  host_use_ = {};
  std::vector<device::HostRange> written;
  for (const Slot& slot : slots_) {
    lacks_copies_ = lacks_copies_ || slot.LacksCopy();
    copies_wait_ = copies_wait_ || (slot.placement == Placement::kCopied && !slot.pinned);
    if (slot.placement == Placement::kHost && slot.tensor.data != nullptr) {
      host_use_.at_once.push_back(slot.range());
    }
  }
  writes_on_host_ = false;
  for (const Slot& output : outputs_) {
    writes_on_host_ = writes_on_host_ || output.staged.value || output.placement == Placement::kHost;
    if (output.placement == Placement::kCopied)
      downloads_.push_back({output.on_device.view(), output.tensor});
    if (output.placement == Placement::kMapped) host_use_.touched.push_back(output.range());
    if (output.placement == Placement::kCopied || output.placement == Placement::kMapped) {
      host_use_.written.push_back(output.range());
    }
    if (output.placement != Placement::kDevice) written.push_back(output.user);
  }
  for (Slot& input : inputs_) {
    if (input.placement != Placement::kCopied && input.placement != Placement::kMapped) continue;
    host_use_.touched.push_back(input.range());
    input.overwritten = std::any_of(written.begin(), written.end(), [&](const device::HostRange& range) {
      return range.Overlaps(input.user);
    });
  }
  updated_ = true;
}

void DeviceBinding::Prepare(const std::optional<std::vector<size_t>>& changed, bool replay) {
  JS_THREAD();
  if (replay && capture_mode_.whole && changed) CheckUploadsAll(*changed);
  if (!updated_) Update();
  retired_.clear();
  if (changed) {
    for (const size_t index : *changed) slots_.at(index).dirty = true;
  } else {
    for (Slot& input : inputs_) input.dirty = true;
  }
  const bool synchronize = ++runs_ % kSynchronizeEvery == 0;
  kind_ = replay        ? BindingOptions::kReplaying
          : synchronize ? BindingOptions::kSynchronizing
                        : BindingOptions::kPlain;
}

void DeviceBinding::Start(device::Beside beside) {
  RUN_THREAD();
  if (kind_ == BindingOptions::kReplaying && IsStale()) [[unlikely]]
    return StartStale(beside);
  Run(kind_, {{.beside = beside}});
}

// False: in place, and the device lock is taken.
bool DeviceBinding::Run(BindingOptions::Kind kind, const Mode& mode) {
  const run::DenormalsAsZero float_mode(session_.denormals_as_zero);
  static const std::vector<device::Copy> kNone;
  session_.CheckSound();
  try {
    if (!run_->Begin(mode, host_use_, terminated_)) return false;
    BeginResults();
    own_results_.clear();
    const OrtIoBinding* binding = nullptr;
    // A graph of the addon's uses what was bound at its capture.
    if (!captures_ || kind != BindingOptions::kReplaying) {
      AllocateCopies();
      binding = Bind();
    }
    if (kind == BindingOptions::kReplaying && capture_mode_.whole) {
      run_->Replay();
    } else {
      // A download may write the memory of the inputs.
      CopyOnHost(host_inputs_);
      run_->Upload(Uploads());
      Compute(kind, binding);
      run_->Copy(copies_);
      run_->Download(mode.download ? downloads_ : kNone);
    }
    if (mode.recapture) Recapture(binding);
    run_->Submit();
    return true;
  } catch (const ort::Error& error) {
    Abandon();
    throw session_.Explain(error);
  } catch (...) {
    Abandon();
    throw;
  }
}

void DeviceBinding::Compute(BindingOptions::Kind kind, const OrtIoBinding* binding) {
  if (captures_ && kind == BindingOptions::kReplaying) return run_->Replay();
  if (captures_ && kind == BindingOptions::kCapturing) {
    return run_->Capture([&] { CaptureWork(binding); });
  }
  if (captures_) BeginShapes();
  if (captures_ && options_->shrinks()) session_.graph_epoch.Advance();
  run_->Run(session_.handle.get(), options_->get(kind), binding);
  if (writes_on_host_) [[unlikely]]
    CopyFromHost(binding);
  if (!captures_) return;
  EndShapes();
  if (values_.renews() && session_.graph_epoch.graphs > 0) OwnResults();
}

void DeviceBinding::AllocateCopies() {
  if (!lacks_copies_) return;
  for (Slot& slot : slots_) slot.AllocateCopy(*session_.device);
  AllocateReturned();
  Update();
}

// Outputs in the order that the user bound them, which is the order of the results.
const OrtIoBinding* DeviceBinding::Bind() {
  if (rebuild_) binding_.reset();
  rebuild_ = false;
  if (!binding_) {
    binding_ = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session_.handle.get());
    for (Slot& slot : slots_) slot.bound = false;
  }
  const auto bind = [this](auto function, const char* name, Slot& slot) {
    if (slot.placement == Placement::kNone || slot.bound) return;
    ort::Check(function(binding_.get(), name, slot.value()));
    slot.bound = true;
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    // ONNX Runtime copies it to the device when it is bound.
    if (session_.inputs[i].overridable) inputs_[i].bound = false;
    bind(ort::api().BindInput, InputName(i), inputs_[i]);
  }
  for (const BoundOutput& output : values_.outputs()) {
    bind(ort::api().BindOutput, OutputName(output.index), outputs_[output.index]);
    const Slot* const returned = ReturnedInput(output);
    if (returned != nullptr && returned->placement != Placement::kHost) {
      // ONNX Runtime's own copy would not wait for the upload.
      ort::Check(ort::api().BindOutputToDevice(binding_.get(), OutputName(output.index),
                                               session_.device->memory_info()));
    } else {
      Renew(output, outputs_[output.index].second.value.get());
    }
  }
  return binding_.get();
}

const std::vector<device::Copy>& DeviceBinding::Uploads() {
  uploads_.clear();
  for (const Slot& input : inputs_) {
    if (input.placement == Placement::kCopied && input.dirty) {
      uploads_.push_back({input.tensor, input.on_device.view()});
    }
  }
  return uploads_;
}

bool DeviceBinding::Poll(bool wait) {
  DEVICE_RUN_THREAD();
  try {
    if (!run_->Poll(wait)) return false;
  } catch (const ort::Error& error) {
    Abandon();
    throw session_.Explain(error);
  }
  uploaded_.clear();
  CopyOnHost(host_copies_);
  EndResults();
  // Only now are the uploads known to have succeeded.
  for (Slot& input : inputs_) {
    input.dirty = input.overwritten;
    input.used = input.device_pointer != nullptr;
  }
  return true;
}

bool DeviceBinding::IsInputOnDevice(const void* data) const noexcept {
  const auto is_at = [data](const Slot& slot) { return data != nullptr && slot.device_pointer == data; };
  return std::any_of(inputs_.begin(), inputs_.end(), is_at) ||
         std::any_of(retired_.begin(), retired_.end(), is_at);
}

size_t DeviceBinding::device_bytes() const noexcept {
  size_t sum = 0;
  for (const Slot& slot : slots_) {
    const bool doubled = slot.doubled && slot.placement != Placement::kHost;
    sum += (slot.placement == Placement::kCopied) || doubled ? slot.tensor.bytes : 0;
  }
  return sum;
}

void DeviceBinding::Release() noexcept {
  ReleaseCapture();
  if (binding_) {
    // With it go the outputs that ONNX Runtime allocated.
    session_.device->Release({.binding = std::move(binding_), .session = session_.handle});
  }
  for (Slot& slot : slots_) slot = {};
  retired_.clear();
  own_results_.clear();
  returned_->clear();
  run_.reset();
}
