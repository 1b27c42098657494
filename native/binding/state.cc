#include "state.h"

#include <algorithm>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/run_options.h"
#include "ort/strings.h"

BindingState::BindingState(std::shared_ptr<SessionState> owner)
    : session(std::move(owner)),
      inputs(session->inputs.size()),
      options(session->device, session->graphs),
      // On a device every run is the run thread's.
      policy(session->device == nullptr ? session->inline_bound : std::chrono::nanoseconds::zero()) {
  if (session->device != nullptr) {
    device = std::make_unique<DeviceBinding>(*session);
  } else {
    handle = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session->handle.get());
  }
  const std::lock_guard lock(session->release_mutex);
  session->bindings.insert(this);
}

BindingState::~BindingState() {
  const std::lock_guard lock(session->release_mutex);
  session->bindings.erase(this);
  Release();
}

void BindingState::Release() noexcept {
  if (session->device == nullptr) {
    handle.reset();
    return;
  }
  if (handle) {
    FreeGraph();
    // Outputs that ONNX Runtime allocated go with the handle.
    device::DeferredRelease deferred;
    deferred.binding = std::move(handle);
    deferred.session = session->handle;
    session->device->Release(std::move(deferred));
  }
  device.reset();
}

void BindingState::CheckIdle() const {
  session->CheckOpen();
  if (running) {
    throw ort::Error("ERR_BUSY", "the binding is running: one run at a time, await it before the next call");
  }
}

void BindingState::CheckChangeable() const {
  CheckIdle();
  if (options.captured()) {
    throw ort::Error("ERR_GRAPH_CAPTURED",
                     "the binding has a captured graph, which would go on with what was bound before");
  }
}

void BindingState::PrepareRun(Napi::Env env) {
  CheckIdle();
  replaced.clear();
  options.Advance();
  if (terminated) [[unlikely]] {
    options.Unterminate();
    canceled = false;
    terminated = false;
  }
  if (checked_at != session->addon().values_disposed) [[unlikely]]
    CheckBound();
  if (device) {
    device->ForgetReplaced();
    CheckCopies();
  }
  if (!borrows) [[likely]]
    return;
  for (const auto& value : inputs) {
    if (value) value->CheckAttached(env);
  }
  for (const Output& output : outputs) {
    if (output.value) output.value->CheckAttached(env);
  }
}

// A copy on another thread has no order with the run.
void BindingState::CheckCopies() const {
  for (const Output& output : outputs) {
    if (!output.value || !output.value->OnDevice() || output.value->copies == 0) continue;
    throw ort::Error("ERR_BUSY", "output '" + session->outputs[output.index].name +
                                     "' is bound to memory that is being copied: await the copy first");
  }
}

void BindingState::CheckBound() {
  const auto check = [](const ValueState& value, const char* what, const std::string& name) {
    if (value.disposed)
      throw ort::Error("ERR_DISPOSED", what + (" '" + name) + "' is bound to an OrtValue that was disposed");
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ort::ValueInfo& info = session->inputs[i];
    if (inputs[i]) {
      check(*inputs[i], "input", info.name);
    } else if (info.kind != ONNX_TYPE_OPTIONAL) {
      throw ort::Error("ERR_MISSING_INPUT", "input '" + info.name + "' is not bound");
    }
  }
  if (outputs.empty()) throw ort::Error("ERR_MISSING_OUTPUT", "no output is bound");
  for (const Output& output : outputs) {
    if (output.value) check(*output.value, "output", session->outputs[output.index].name);
  }
  checked_at = session->addon().values_disposed;
}

void BindingState::Refresh(const Output& output) const {
  const std::string& name = session->outputs[output.index].name;
  if (!output.value) {
    // A binding keeps the tensor that its first run allocated, and another shape would then not fit.
    ort::Check(ort::api().BindOutputToDevice(handle.get(), name.c_str(), output.info));
  } else if (output.value->IsString()) {
    // Kernels take a string output for empty, and some append to what it holds.
    if (std::find(inputs.begin(), inputs.end(), output.value) != inputs.end()) {
      throw ort::Error("ERR_NOT_SUPPORTED",
                       "output '" + name + "': strings cannot be an input and an output");
    }
    ort::ClearStrings(output.value->handle.get(), ort::ElementCount(output.value->dims));
  }
}

Napi::Value BindingState::WrapOutput(Napi::Env env, const Output& bound, ort::ValueHandle output) const {
  Value::KeepAlive used(inputs.begin(), inputs.end());
  used.insert(used.end(), replaced.begin(), replaced.end());
  const auto where = session->Location(bound.info);
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  ort::Check(ort::api().GetValueType(output.get(), &kind));
  if (kind == ONNX_TYPE_TENSOR && ort::ElementBits(ort::Shape(output.get()).type) != 0) {
    void* data = nullptr;
    ort::Check(ort::api().GetTensorMutableData(output.get(), &data));
    // A graph's output may be its input itself, or the input's mirror.
    const bool mirrored = device && device->Mirrors(data);
    const bool fed = std::any_of(used.begin(), used.end(), [&](const auto& input) {
      return input && static_cast<const ValueState*>(input.get())->Holds(data, where);
    });
    if (mirrored || fed) return Value::Copy(env, output.get(), where);
    used.clear();
  }
  return Value::Wrap(env, std::move(output), std::move(used), where,
                     where.device != nullptr ? session->handle : nullptr);
}

void BindingState::Run() {
  if (refreshes) {
    for (const Output& output : outputs) Refresh(output);
  }
  ort::Check(ort::api().RunWithBinding(session->handle.get(), options.next(), handle.get()));
}

void BindingState::Start(bool overlap) {
  device->Start(options.next(), {.overlap = overlap}, canceled, [this] { return TellBound(); });
}

// In the order of binding, which is the order of the results.
OrtIoBinding* BindingState::TellBound() {
  if (start_anew) handle.reset();
  start_anew = false;
  if (!handle) {
    handle = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, session->handle.get());
    device->Untold();
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    OrtValue* value = inputs[i] ? device->TellInput(i) : nullptr;
    if (value == nullptr) continue;
    ort::Check(ort::api().BindInput(handle.get(), session->inputs[i].name.c_str(), value));
    device->ToldInput(i);
  }
  for (const Output& output : outputs) {
    OrtValue* value = output.value ? device->TellOutput(output.index) : nullptr;
    if (value != nullptr) {
      ort::Check(ort::api().BindOutput(handle.get(), session->outputs[output.index].name.c_str(), value));
      device->ToldOutput(output.index);
    }
    Refresh(output);
  }
  return handle.get();
}
