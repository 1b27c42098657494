#include "binding.h"

#include <algorithm>

#include "convert.h"
#include "jobs.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "session/session.h"
#include "user_options.h"
#include "value/value.h"

namespace {

// Undefined: nothing.
std::optional<std::vector<size_t>> ToIndices(Napi::Value value) {
  if (!value.IsArray()) return std::nullopt;
  const auto array = value.As<Napi::Array>();
  std::vector<size_t> indices;
  indices.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); ++i) indices.push_back(ToUint32(array[i]));
  return indices;
}

const std::shared_ptr<ValueState>& ToBindable(const SessionState& session, Napi::Value argument,
                                              const char* side, const std::string& name) {
  const std::shared_ptr<ValueState>& value = Value::State(argument);
  value->CheckAttached(argument.Env());
  session.CheckDevice(value->OnDevice() ? value->device : nullptr, side, name);
  return value;
}

// An output that ONNX Runtime allocated in the last run.
Napi::Value WrapOutput(Napi::Env env, const BindingState& state, const BoundOutput& bound,
                       ort::ValueHandle output) {
  const auto where = state.session->Location(bound.info);
  if (OrtValue* const before = state.host->Returned(bound.index)) return Value::Copy(env, before, where);
  const std::vector<std::shared_ptr<ValueState>> used = state.values.UsedInputs();
  const ONNXTensorElementDataType type = ort::Kind(output.get()) == ONNX_TYPE_TENSOR
                                             ? ort::Shape(output.get()).type
                                             : ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING && state.session->passed_inputs[bound.index]) {
    return Value::Copy(env, output.get());
  }
  Shared shared;
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED) {
    for (const auto& input : used) shared.Add(input);
  } else if (ort::ElementBits(type) != 0) {
    const void* data = ort::Data(output.get());
    // A graph's output may be its input itself.
    const bool is_input =
        state.host->IsInputOnDevice(data) || std::any_of(used.begin(), used.end(), [&](const auto& input) {
          if (input->StandInHolds(data)) return true;
          if (!input->Holds(data, where)) return false;
          input->CheckAttached(env);
          return true;
        });
    if (is_input) return Value::Copy(env, output.get(), where);
  }
  return Value::Wrap(env, std::move(output), std::move(shared), where,
                     where.device != nullptr ? state.session->handle : nullptr);
}

}  // namespace

template <auto method>
void Binding::DefineOwn(const char* name) {
  Napi::Object object = Value();
  const auto function = Napi::Function::New<&Binding::CallOwn<method>>(object.Env(), name, this);
  function.Set("owner", object);
  // Set would do nothing: the class's method cannot be written.
  object.DefineProperty(Napi::PropertyDescriptor::Value(name, function));
}

Napi::Function Binding::Define(Napi::Env env) {
  return DefineClass(
      env, kName,
      {Guarded<&Binding::BindInput>("bindInput"), Guarded<&Binding::BindOutput>("bindOutput"),
       Guarded<&Binding::ClearInputs>("clearInputs"), Guarded<&Binding::ClearOutputs>("clearOutputs"),
       Guarded<&Binding::UseRunOptions>("useRunOptions"), Guarded<&Binding::Outputs>("outputs"),
       Guarded<&Binding::ResultsRun>("resultsRun"), Guarded<&Binding::Overtaken>("overtaken"),
       Guarded<&Binding::Capture>("capture"), Guarded<&Binding::Captured>("captured"),
       Guarded<&Binding::Recaptures>("recaptures"), Guarded<&Binding::ReleaseCapture>("releaseCapture"),
       Guarded<&Binding::Cancel>("cancel"), Guarded<&Binding::FirstRunSync>("runSync"),
       Guarded<&Binding::FirstRun>("run"), Guarded<&Binding::Dispose>("dispose")});
}

Binding::Binding(const Napi::CallbackInfo& info) : Wrapped(info) {
  const auto& session = Session::State(info[0]);
  session->CheckOpen();
  state_ = std::make_shared<BindingState>(session);
  cancelable_ = state_;
}

void Binding::FirstRunSync(const Napi::CallbackInfo& info) {
  DefineOwn<&Binding::RunSync>("runSync");
  RunSync(info);
}

Napi::Value Binding::FirstRun(const Napi::CallbackInfo& info) {
  DefineOwn<&Binding::Run>("run");
  return Run(info);
}

BindingState& Binding::State() const {
  if (!state_) [[unlikely]]
    throw ort::Error("ERR_DISPOSED", "the IoBinding was disposed");
  return *state_;
}

BindingState& Binding::RebindableState() const {
  BindingState& state = State();
  state.CheckNotCaptured("cannot rebind: the captured graph replays the old addresses");
  return state;
}

// bindInput(index, value?, mapped?): undefined unbinds.
void Binding::BindInput(const Napi::CallbackInfo& info) {
  BindingState& state = RebindableState();
  const size_t index = ToUint32(info[0]);
  std::shared_ptr<ValueState> value;
  if (!info[1].IsUndefined()) {
    value = ToBindable(*state.session, info[1], "input", state.session->inputs.at(index).name);
    state.values.CheckInput(index, *value);
  }
  state.values.Reserve();
  if (value && value->HasValue()) {
    state.host->BindInput(index, *value, IsTrue(info[2]));
  } else {
    state.host->UnbindInput(index);
  }
  state.values.SetInput(index, value);
  state.policy = nullptr;
  Account(info.Env(), state.host->device_bytes());
}

// bindOutput(index, value, mapped?, alias?): into the value's memory. bindOutput(index, undefined, device,
// id): ONNX Runtime allocates.
void Binding::BindOutput(const Napi::CallbackInfo& info) {
  BindingState& state = RebindableState();
  const size_t index = ToUint32(info[0]);
  const ort::ValueInfo& declared = state.session->outputs.at(index);
  BoundOutput output{index, nullptr, ort::CpuMemoryInfo()};
  if (!info[1].IsUndefined()) {
    output.value = ToBindable(*state.session, info[1], "output", declared.name);
    output.alias = IsTrue(info[3]);
    state.values.CheckOutput(index, *output.value);
    state.values.Reserve();
  } else if (info[2].IsString()) {
    output.info = state.session->MemoryInfo(ToLocation(info[2], info[3]), declared.name);
    if (output.info != ort::CpuMemoryInfo() &&
        (declared.kind != ONNX_TYPE_TENSOR || ort::ElementBits(declared.type) == 0)) {
      throw ort::Error(
          "ERR_NOT_SUPPORTED",
          "output '" + declared.name + "' is not a numeric tensor: ONNX Runtime allocates it in host memory");
    }
  }
  state.host->BindOutput(output, IsTrue(info[2]));
  state.values.SetOutput(std::move(output));
  state.policy = nullptr;
  Account(info.Env(), state.host->device_bytes());
}

void Binding::ClearInputs(const Napi::CallbackInfo&) {
  BindingState& state = RebindableState();
  state.values.Reserve();
  state.host->ClearInputs();
  state.values.ClearInputs();
}

void Binding::ClearOutputs(const Napi::CallbackInfo&) {
  BindingState& state = RebindableState();
  state.host->ClearOutputs();
  state.values.ClearOutputs();
}

// useRunOptions(options?: RunOptions): of the runs from now on
void Binding::UseRunOptions(const Napi::CallbackInfo& info) {
  BindingState& state = State();
  state.CheckNotCaptured("the captured graph is replayed without run options");
  const auto options = info[0].IsObject() ? UserOptions::State(info[0]) : nullptr;
  const std::lock_guard lock(state.session->release_mutex);  // SessionState::End uses the options
  state.host->UseOptions(options);
}

// outputs(): in the order they were bound, a value for each that ONNX Runtime allocated in the last run, null
// for each that was bound to a value the caller knows.
Napi::Value Binding::Outputs(const Napi::CallbackInfo& info) {
  BindingState& state = State();
  state.CheckNotRunning();
  if (state.session->device != nullptr) state.session->CheckOpen();
  std::vector<ort::ValueHandle> values;
  {
    // The release job may be dropping the handles.
    const std::lock_guard lock(state.session->release_mutex);
    values = state.host->Outputs();
  }
  const std::vector<BoundOutput>& outputs = state.values.outputs();
  const auto result = Napi::Array::New(info.Env(), outputs.size());
  for (uint32_t i = 0; i < outputs.size(); ++i) {
    Napi::Value allocated = info.Env().Null();
    if (const device::Tensor* own = state.host->OwnResult(i)) {
      allocated = Value::Over(info.Env(), *own, state.session->Location(outputs[i].info));
    } else if (outputs[i].value == nullptr && i < values.size() && values[i]) {
      allocated = WrapOutput(info.Env(), state, outputs[i], std::move(values[i]));
    }
    result.Set(i, allocated);
  }
  return result;
}

// resultsRun(): 0 without results, and while a run is in flight
Napi::Value Binding::ResultsRun(const Napi::CallbackInfo& info) {
  const bool idle = state_ && state_->job == nullptr;
  return Napi::Number::New(info.Env(), idle ? state_->host->results_of() : 0);
}

// runSync(changed?, times?): the indices of the inputs that were written to since the last run; undefined:
// all. times: a Float64Array that receives the milliseconds of the wait and of the run, unless it was inline.
void Binding::RunSync(const Napi::CallbackInfo& info) {
  BindingState& state = State();
  state.PrepareRun(info.Env());
  if (state.CanRunInline()) [[likely]]
    return state.RunInline(info.Env());
  state.Prepare(ToIndices(info[0]), state.graph == Graph::kCaptured);
  if (state.graph == Graph::kCaptured && state.ReplayInPlace(info.Env())) return;
  state.MarkOvertaken();
  WaitedRun run(*state.host, info[1]);
  state.session->runner->SubmitAndWait(run);
  const uint64_t id = state.EndEarlierRuns(info.Env());
  if (run.error) throw *run.error;
  state.values.CopyOut(info.Env(), id);
  run.WriteTimes();
}

// run(changed?, cancelable?, times?): undefined when the run was done inline, else a promise. A run that can
// be canceled needs the event loop, which its signal aborts on.
Napi::Value Binding::Run(const Napi::CallbackInfo& info) {
  BindingState& state = State();
  state.PrepareRun(info.Env());
  run::InlinePolicy& policy = state.Policy();
  const run::Place place = IsTrue(info[1]) ? run::Place::kRunThread : state.session->Choose(policy);
  if (place == run::Place::kInline && state.CanRunInline()) {
    policy.RecordInline([&] {
      state.RunInline(info.Env());
      return true;
    });
    return {};
  }
  const bool replays = state.graph == Graph::kCaptured;
  state.Prepare(ToIndices(info[0]), replays);
  if (replays && place == run::Place::kInline && state.ReplayInline(info.Env())) return {};
  auto run = std::make_unique<BindingRun>(info.Env(), Value(), state_, place, info[2]);
  if (replays) run->StartInPlace();
  BindingJob* const job = run.get();
  const Napi::Promise promise = state.session->Start(std::move(run), policy, place);
  SetJob(job);
  return promise;
}

// overtaken(): whether a run that was started after the last one, which has ended, uses memory that it used
Napi::Value Binding::Overtaken(const Napi::CallbackInfo& info) {
  const bool overtaken =
      state_ && (state_->overtaken || state_->values.Conflicts(*state_->session->addon().in_flight));
  return Napi::Boolean::New(info.Env(), overtaken);
}

void Binding::SetJob(BindingJob* job) {
  state_->job = job;
  state_->overtaken = false;
}

void Binding::Cancel(const Napi::CallbackInfo& info) {
  const auto state = cancelable_.lock();
  if (state && state->job != nullptr) state->job->Cancel(info.Env());
}

// A run in flight shares the state, and releases it when it has ended.
void Binding::Dispose(const Napi::CallbackInfo& info) {
  Account(info.Env(), 0);
  state_.reset();
}
