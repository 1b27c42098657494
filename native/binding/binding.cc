#include "binding.h"

#include <algorithm>

#include "convert.h"
#include "jobs.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "session/session.h"

namespace {

using Method = Napi::Value (Binding::*)(const Napi::CallbackInfo&);

template <Method method>
Napi::Value CallOwn(const Napi::CallbackInfo& info) {
  return (static_cast<Binding*>(info.Data())->*method)(info);
}

// A method of one object, which has its address at hand: napi_unwrap, a property lookup in V8, costs 0.2 us.
// The function keeps the object, so the address is good for as long as the function can be called.
template <Method method>
void DefineOwn(Binding* binding, const char* name) {
  const Napi::Object object = binding->Value();
  const auto function = Napi::Function::New<CallOwn<method>>(object.Env(), name, binding);
  function.Set("owner", object);
  object.Set(name, function);
}

bool ToBoolean(Napi::Value value) { return value.IsBoolean() && value.As<Napi::Boolean>().Value(); }

// What a call of run says of its inputs.
void Select(BindingState& state, const Napi::CallbackInfo& info) {
  if (!state.device) return;
  if (!info[0].IsArray()) return state.device->Select(nullptr);
  const auto indices = info[0].As<Napi::Array>();
  std::vector<size_t> changed;
  for (uint32_t i = 0; i < indices.Length(); ++i) {
    changed.push_back(static_cast<Napi::Value>(indices[i]).As<Napi::Number>().Uint32Value());
  }
  state.device->Select(&changed);
}

}  // namespace

Napi::Function Binding::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeBinding",
      {InstanceMethod<&Binding::BindInput>("bindInput"), InstanceMethod<&Binding::BindOutput>("bindOutput"),
       InstanceMethod<&Binding::ClearInputs>("clearInputs"),
       InstanceMethod<&Binding::ClearOutputs>("clearOutputs"), InstanceMethod<&Binding::Outputs>("outputs"),
       InstanceMethod<&Binding::Capture>("capture"),
       InstanceMethod<&Binding::ReleaseCapture>("releaseCapture"), InstanceMethod<&Binding::Cancel>("cancel"),
       InstanceMethod<&Binding::Dispose>("dispose")});
}

Binding::Binding(const Napi::CallbackInfo& info) : Wrapped(info) {
  Guard(info.Env(), [&] {
    const auto& session = Session::State(info[0]);
    session->CheckOpen();
    state_ = std::make_shared<BindingState>(session);
    DefineOwn<&Binding::RunSync>(this, "runSync");
    DefineOwn<&Binding::Run>(this, "run");
  });
}

BindingState& Binding::State() const {
  if (!state_) [[unlikely]]
    throw ort::Error("ERR_DISPOSED", "the IoBinding was disposed");
  return *state_;
}

// bindInput(index, value, mapped?)
Napi::Value Binding::BindInput(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckChangeable();
    const size_t index = info[0].As<Napi::Number>().Uint32Value();
    const std::shared_ptr<ValueState>& value = Value::State(info[1]);
    value->CheckAttached(info.Env());
    const std::string& name = state.session->inputs.at(index).name;
    if (state.device) {
      state.device->Input(index, *value, ToBoolean(info[2]));
      Account(info.Env(), state.device->bytes());
    } else {
      state.session->CheckDevice(value->OnDevice() ? value->device : nullptr, "input", name);
      ort::Check(ort::api().BindInput(state.handle.get(), name.c_str(), value->handle.get()));
    }
    if (state.refreshes) state.replaced.push_back(state.inputs.at(index));
    state.inputs.at(index) = value;
    state.borrows = state.borrows || value->Borrows();
    state.policy.Forget();
    state.checked_at = BindingState::kUnchecked;
    return info.Env().Undefined();
  });
}

// bindOutput(index, value, mapped?): into the value's memory. bindOutput(index, undefined, device, id): ONNX
// Runtime allocates.
Napi::Value Binding::BindOutput(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckChangeable();
    const size_t index = info[0].As<Napi::Number>().Uint32Value();
    const std::string& name = state.session->outputs.at(index).name;
    BindingState::Output output{index, nullptr, ort::CpuMemoryInfo()};
    if (info[1].IsUndefined()) {
      if (info[2].IsString()) output.info = state.session->MemoryInfo(ToLocation(info[2], info[3]), name);
      const ort::ValueInfo& declared = state.session->outputs[index];
      if (output.info != ort::CpuMemoryInfo() &&
          (declared.kind != ONNX_TYPE_TENSOR || ort::ElementBits(declared.type) == 0)) {
        throw ort::Error("ERR_NOT_SUPPORTED",
                         "output '" + name + "' is not a tensor of numbers, and stays in host memory");
      }
      if (state.device) {
        state.device->NoOutput(index);
      } else {
        ort::Check(ort::api().BindOutputToDevice(state.handle.get(), name.c_str(), output.info));
      }
    } else {
      output.value = Value::State(info[1]);
      output.value->CheckAttached(info.Env());
      if (state.device) {
        state.device->Output(index, *output.value, ToBoolean(info[2]));
      } else {
        state.session->CheckDevice(output.value->OnDevice() ? output.value->device : nullptr, "output", name);
        ort::Check(ort::api().BindOutput(state.handle.get(), name.c_str(), output.value->handle.get()));
      }
      state.borrows = state.borrows || output.value->Borrows();
    }
    if (state.device) Account(info.Env(), state.device->bytes());
    const auto before = std::find_if(state.outputs.begin(), state.outputs.end(),
                                     [index](const auto& other) { return other.index == index; });
    if (before != state.outputs.end()) {
      *before = std::move(output);
    } else {
      state.outputs.push_back(std::move(output));
    }
    state.refreshes = std::any_of(state.outputs.begin(), state.outputs.end(), [](const auto& other) {
      return other.value == nullptr || other.value->IsString();
    });
    state.policy.Forget();
    state.checked_at = BindingState::kUnchecked;
    return info.Env().Undefined();
  });
}

Napi::Value Binding::ClearInputs(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckChangeable();
    if (state.device) {
      state.device->ForgetInputs();
      state.start_anew = true;
    } else {
      ort::api().ClearBoundInputs(state.handle.get());
    }
    if (state.refreshes)
      state.replaced.insert(state.replaced.end(), state.inputs.begin(), state.inputs.end());
    state.inputs.assign(state.inputs.size(), nullptr);
    state.checked_at = BindingState::kUnchecked;
    return info.Env().Undefined();
  });
}

Napi::Value Binding::ClearOutputs(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckChangeable();
    if (state.device) {
      state.device->ForgetOutputs();
      state.start_anew = true;
    } else {
      ort::api().ClearBoundOutputs(state.handle.get());
    }
    state.outputs.clear();
    state.checked_at = BindingState::kUnchecked;
    state.refreshes = false;
    return info.Env().Undefined();
  });
}

// outputs(): in the order they were bound, a value for each that ONNX Runtime allocated in the last run, null
// for each that was bound to a value the caller knows.
Napi::Value Binding::Outputs(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckIdle();
    OrtValue** raw = nullptr;
    size_t count = 0;
    if (state.handle) {
      ort::Check(ort::api().GetBoundOutputValues(state.handle.get(), ort::DefaultAllocator(), &raw, &count));
    }
    const ort::Allocated<OrtValue*> array(raw);
    std::vector<ort::ValueHandle> values(raw, raw + count);
    const auto result = Napi::Array::New(info.Env(), state.outputs.size());
    for (uint32_t i = 0; i < state.outputs.size(); ++i) {
      const bool ours = state.outputs[i].value == nullptr && i < count && values[i];
      result.Set(
          i, ours ? state.WrapOutput(info.Env(), state.outputs[i], std::move(values[i])) : info.Env().Null());
    }
    return result;
  });
}

// runSync(changed?): the indices of the inputs that have changed since the last run; all where it is
// undefined
Napi::Value Binding::RunSync(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.PrepareRun(info.Env());
    // Not on a device: ONNX Runtime keeps a graph by the thread that captured it.
    if (!state.device && state.session->thread.Idle()) [[likely]] {
      state.Run();
      return {};
    }
    Select(state, info);
    QueuedRun run(state);
    state.session->thread.SubmitAndWait(&run);
    run.Rethrow();
    return {};
  });
}

// run(changed?): undefined when the run was done inline, else a promise.
Napi::Value Binding::Run(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.PrepareRun(info.Env());
    if (state.policy.Allows() && state.session->thread.Idle()) {
      const auto start = run::InlinePolicy::Clock::now();
      state.Run();
      state.policy.Record(run::InlinePolicy::Clock::now() - start, true);
      return {};
    }
    Select(state, info);
    auto job = std::make_unique<BindingRun>(info.Env(), Value(), state_);
    BindingRun* started = job.get();
    const Napi::Promise promise = AsyncJob::Start(std::move(job), state.session->thread);
    state.job = started;
    state.running = true;
    running_ = state_;
    return promise;
  });
}

// capture(verify): promise
Napi::Value Binding::Capture(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckChangeable();
    if (!state.session->graphs) {
      throw ort::Error("ERR_GRAPH_CAPTURE", state.device
                                                ? "the session was created without enableGraphCapture"
                                                : "the session runs on the CPU, which has no graphs");
    }
    state.PrepareRun(info.Env());
    state.device->Select(nullptr);
    state.graph_id = state.session->next_graph_id++;
    state.options.PrepareCapture(*state.session->device, state.graph_id);
    auto job = std::make_unique<CaptureJob>(info.Env(), Value(), state_, ToBoolean(info[0]));
    const Napi::Promise promise = AsyncJob::Start(std::move(job), state.session->thread);
    state.running = true;
    return promise;
  });
}

Napi::Value Binding::ReleaseCapture(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckIdle();
    state.ReleaseGraph();
    return info.Env().Undefined();
  });
}

Napi::Value Binding::Cancel(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const auto running = running_.lock();
    if (running && running->job != nullptr) running->job->Cancel(info.Env());
    return info.Env().Undefined();
  });
}

// A run in flight shares the state: what it uses goes when it has ended.
Napi::Value Binding::Dispose(const Napi::CallbackInfo& info) {
  Account(info.Env(), 0);
  state_.reset();
  return info.Env().Undefined();
}

void Binding::Account(Napi::Env env, size_t bytes) {
  if (bytes == accounted_) return;
  Napi::MemoryManagement::AdjustExternalMemory(
      env, static_cast<int64_t>(bytes) - static_cast<int64_t>(accounted_));
  accounted_ = bytes;
}
