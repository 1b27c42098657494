#include "binding.h"

#include <algorithm>

#include "async_job.h"
#include "ort/environment.h"
#include "session.h"

namespace {

// A run on the session's thread that a promise waits for.
class BindingRun final : public AsyncJob {
 public:
  BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state)
      : AsyncJob(env, owner), state_(std::move(state)), used_(state_->inputs) {
    for (const auto& output : state_->outputs) used_.push_back(output.value);
    for (const auto& value : used_) {
      if (value) ++value->in_flight;
    }
  }

  void Terminate() noexcept override {
    state_->terminated = true;
    if (OrtStatus* status = ort::api().RunOptionsSetTerminate(state_->options.get())) {
      ort::api().ReleaseStatus(status);
    }
  }

 protected:
  void Work() override {
    const auto start = run::InlinePolicy::Clock::now();
    state_->Run();
    took_ = run::InlinePolicy::Clock::now() - start;
  }
  void Done() noexcept override {
    state_->running = false;
    state_->job = nullptr;
    for (const auto& value : used_) {
      if (value) --value->in_flight;
    }
  }
  Napi::Value Result(Napi::Env env) override {
    state_->policy.Record(took_, false);
    return env.Undefined();
  }

 private:
  std::shared_ptr<BindingState> state_;
  std::vector<std::shared_ptr<ValueState>> used_;
  std::chrono::nanoseconds took_{};
};

// runSync while other runs of the session are queued: after them, on the run thread.
class QueuedRun final : public run::Job {
 public:
  explicit QueuedRun(BindingState& state) : state_(state) {}
  void Execute() noexcept override {
    try {
      state_.Run();
    } catch (const ort::Error& error) {
      error_ = error;
    } catch (const std::exception& error) {
      error_.emplace("ERR_INTERNAL", error.what());
    }
  }
  void Finished() noexcept override {}
  void Rethrow() const {
    if (error_) throw *error_;
  }

 private:
  BindingState& state_;
  std::optional<ort::Error> error_;
};

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

}  // namespace

Napi::Function Binding::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeBinding",
      {InstanceMethod<&Binding::BindInput>("bindInput"), InstanceMethod<&Binding::BindOutput>("bindOutput"),
       InstanceMethod<&Binding::ClearInputs>("clearInputs"),
       InstanceMethod<&Binding::ClearOutputs>("clearOutputs"), InstanceMethod<&Binding::Outputs>("outputs"),
       InstanceMethod<&Binding::Cancel>("cancel"), InstanceMethod<&Binding::Dispose>("dispose")});
}

Binding::Binding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Binding>(info) {
  Guard(info.Env(), [&] {
    const auto& session = Session::StateOf(info[0]);
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

// bindInput(index, value)
Napi::Value Binding::BindInput(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckIdle();
    const size_t index = info[0].As<Napi::Number>().Uint32Value();
    const std::shared_ptr<ValueState>& value = Value::StateOf(info[1]);
    value->CheckAttached(info.Env());
    ort::Check(ort::api().BindInput(state.handle.get(), state.session->inputs.at(index).name.c_str(),
                                    value->handle.get()));
    if (state.refreshes) state.replaced.push_back(state.inputs.at(index));
    state.inputs.at(index) = value;
    state.borrows = state.borrows || value->Borrows();
    state.policy.Forget();
    state.checked_at = BindingState::kUnchecked;
    return info.Env().Undefined();
  });
}

// bindOutput(index, value): into the value's memory. bindOutput(index): ONNX Runtime allocates.
Napi::Value Binding::BindOutput(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.CheckIdle();
    const size_t index = info[0].As<Napi::Number>().Uint32Value();
    const char* name = state.session->outputs.at(index).name.c_str();
    BindingState::Output output{index, nullptr};
    if (info[1].IsUndefined()) {
      ort::Check(ort::api().BindOutputToDevice(state.handle.get(), name, ort::CpuMemoryInfo()));
    } else {
      output.value = Value::StateOf(info[1]);
      output.value->CheckAttached(info.Env());
      ort::Check(ort::api().BindOutput(state.handle.get(), name, output.value->handle.get()));
      state.borrows = state.borrows || output.value->Borrows();
    }
    const auto bound = std::find_if(state.outputs.begin(), state.outputs.end(),
                                    [index](const auto& other) { return other.index == index; });
    if (bound != state.outputs.end()) {
      *bound = std::move(output);
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
    state.CheckIdle();
    ort::api().ClearBoundInputs(state.handle.get());
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
    state.CheckIdle();
    ort::api().ClearBoundOutputs(state.handle.get());
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
    ort::Check(ort::api().GetBoundOutputValues(state.handle.get(), ort::DefaultAllocator(), &raw, &count));
    const ort::Allocated<OrtValue*> array(raw);
    std::vector<ort::ValueHandle> values(raw, raw + count);
    const auto result = Napi::Array::New(info.Env(), state.outputs.size());
    for (uint32_t i = 0; i < state.outputs.size(); ++i) {
      const bool ours = state.outputs[i].value == nullptr && i < count && values[i];
      result.Set(i, ours ? state.WrapOutput(info.Env(), std::move(values[i])) : info.Env().Null());
    }
    return result;
  });
}

Napi::Value Binding::RunSync(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    BindingState& state = State();
    state.PrepareRun(info.Env());
    if (state.session->thread.Idle()) [[likely]] {
      state.Run();
      return {};
    }
    QueuedRun run(state);
    state.session->thread.SubmitAndWait(&run);
    run.Rethrow();
    return {};
  });
}

// run(): undefined when the run was done inline, else a promise.
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
    auto job = std::make_unique<BindingRun>(info.Env(), Value(), state_);
    BindingRun* started = job.get();
    const Napi::Promise promise = AsyncJob::Start(std::move(job), state.session->thread);
    state.job = started;
    state.running = true;
    running_ = state_;
    return promise;
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
  state_.reset();
  return info.Env().Undefined();
}
