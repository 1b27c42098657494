#include "session.h"

#include "binding/binding.h"
#include "compile.h"
#include "convert.h"
#include "env/async_job.h"
#include "load.h"
#include "options.h"
#include "ort/environment.h"
#include "run.h"
#include "run/run_thread.h"
#include "run/strand.h"

namespace {

std::chrono::nanoseconds FromMicroseconds(Napi::Value value) {
  return std::chrono::nanoseconds(static_cast<int64_t>(value.As<Napi::Number>().DoubleValue() * 1e3));
}

// Without a number of runs at a time: for a session that may get a device.
std::unique_ptr<run::Runner> MakeRunner(uint32_t most, std::chrono::nanoseconds spin) {
  if (most == 0) return std::make_unique<run::RunThread>(spin);
  return std::make_unique<run::Strand>(most, spin);
}

// A session's last job: every run has ended by then, and `closed` keeps the JS thread away from the handles.
class ReleaseJob final : public AsyncJob {
 public:
  ReleaseJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state)
      : AsyncJob(env, owner), state_(std::move(state)) {
    after_all = true;
  }

 protected:
  void Work() override {
    {
      const std::lock_guard lock(state_->release_mutex);
      for (BindingState* binding : state_->bindings) {
        binding->host->KeepOutputs();
        binding->Release();
      }
    }
    state_->handle.reset();
    state_->queue.reset();
  }
  void OnDone() noexcept override {
    state_->runner->Stop();
    state_->borrowed.reset();
  }

 private:
  std::shared_ptr<SessionState> state_;
};

// ONNX Runtime owns this text, and the arrays below, as long as the session lives.
template <typename Owner>
Napi::String Text(Napi::Env env, OrtStatus*(ORT_API_CALL* function)(const Owner*, const char**),
                  const Owner* owner) {
  const char* text = nullptr;
  ort::Check(function(owner, &text));
  return Napi::String::New(env, text != nullptr ? text : "");
}

Napi::Array Nodes(Napi::Env env, const OrtEpAssignedSubgraph* subgraph) {
  const OrtEpAssignedNode* const* nodes = nullptr;
  size_t count = 0;
  ort::Check(ort::api().EpAssignedSubgraph_GetNodes(subgraph, &nodes, &count));
  return MakeArray(env, count, [&](uint32_t i) {
    const auto node = Napi::Object::New(env);
    node.Set("name", Text(env, ort::api().EpAssignedNode_GetName, nodes[i]));
    node.Set("domain", Text(env, ort::api().EpAssignedNode_GetDomain, nodes[i]));
    node.Set("opType", Text(env, ort::api().EpAssignedNode_GetOperatorType, nodes[i]));
    return node;
  });
}

}  // namespace

Napi::Function Session::Define(Napi::Env env) {
  return DefineClass(
      env, kName,
      {Guarded<&Session::Load>("load"), Guarded<&Session::Compile>("compile"),
       Guarded<&Session::CancelLoad>("cancelLoad"), Guarded<&Session::Inputs>("inputs"),
       Guarded<&Session::Outputs>("outputs"), Guarded<&Session::ModelMetadata>("modelMetadata"),
       Guarded<&Session::Device>("device"), Guarded<&Session::GraphAssignment>("graphAssignment"),
       Guarded<&Session::Run>("run"), Guarded<&Session::Cancel>("cancel"),
       Guarded<&Session::EndProfiling>("endProfiling"),
       Guarded<&Session::ProfilingStartTime>("profilingStartTime"), Guarded<&Session::Release>("release")});
}

// new Session(inlineRunBelowUs: number, runThreadSpinUs: number, concurrentRuns: number,
// pollEventLoopUs: number, inlineOnIdleLoopBelowUs: number)
Session::Session(const Napi::CallbackInfo& info) : Wrapped(info) {
  const uint32_t most = ToUint32(info[2]);
  const run::InlineBounds bounds{FromMicroseconds(info[0]), FromMicroseconds(info[4])};
  state_ = std::make_shared<SessionState>(AddonData::Of(info.Env()), bounds,
                                          MakeRunner(most, FromMicroseconds(info[1])), most > 1);
  state_->poll_bound = FromMicroseconds(info[3]);
}

// load(model: string | Uint8Array, settings: SessionSettings): Promise<void> - CreateSession(FromArray)
Napi::Value Session::Load(const Napi::CallbackInfo& info) {
  auto job = std::make_unique<LoadJob>(info.Env(), Value(), state_, info[0],
                                       LoadSettings(info[1].As<Napi::Object>()), load_);
  return StartLoad(std::move(job));
}

// compile(model: string | Uint8Array, settings: SessionSettings, compile: CompileSettings):
// Promise<ArrayBuffer | undefined> - CompileModel
// In place of a load: the session never has a model.
Napi::Value Session::Compile(const Napi::CallbackInfo& info) {
  auto job = std::make_unique<CompileJob>(info.Env(), Value(), state_, info[0],
                                          LoadSettings(info[1].As<Napi::Object>()),
                                          CompileSettings(info[2].As<Napi::Object>()), load_);
  return StartLoad(std::move(job));
}

Napi::Promise Session::StartLoad(std::unique_ptr<ModelJob> job) {
  ModelJob* const started = job.get();
  const Napi::Promise promise = AsyncJob::Start(std::move(job), *state_->runner);
  load_ = started;
  return promise;
}

// cancelLoad(): void - SessionOptionsSetLoadCancellationFlag
Napi::Value Session::CancelLoad(const Napi::CallbackInfo&) {
  if (load_ != nullptr) load_->Terminate();
  return {};
}

// inputs(): RawValueInfo[]
Napi::Value Session::Inputs(const Napi::CallbackInfo& info) {
  return FromValueInfos(info.Env(), state_->inputs, state_->inputs_on_device);
}

// outputs(): RawValueInfo[]
Napi::Value Session::Outputs(const Napi::CallbackInfo& info) {
  return FromValueInfos(info.Env(), state_->outputs, state_->outputs_on_device);
}

// device(): { name: DeviceName; id: number }
Napi::Value Session::Device(const Napi::CallbackInfo& info) {
  const auto device = Napi::Object::New(info.Env());
  device.Set("name", state_->device != nullptr ? state_->device->name() : "cpu");
  device.Set("id", state_->device != nullptr ? state_->device->id() : 0);
  return device;
}

// modelMetadata(): ModelMetadata
Napi::Value Session::ModelMetadata(const Napi::CallbackInfo& info) {
  return FromModelMetadata(info.Env(), state_->metadata);
}

// graphAssignment(): AssignedSubgraph[] | undefined - Session_GetEpGraphAssignmentInfo
Napi::Value Session::GraphAssignment(const Napi::CallbackInfo& info) {
  state_->CheckOpen();
  if (!state_->records_assignment) return {};
  const OrtEpAssignedSubgraph* const* subgraphs = nullptr;
  size_t count = 0;
  ort::Check(ort::api().Session_GetEpGraphAssignmentInfo(state_->handle.get(), &subgraphs, &count));
  return MakeArray(info.Env(), count, [&](uint32_t i) {
    const auto subgraph = Napi::Object::New(info.Env());
    subgraph.Set("provider", Text(info.Env(), ort::api().EpAssignedSubgraph_GetEpName, subgraphs[i]));
    subgraph.Set("nodes", Nodes(info.Env(), subgraphs[i]));
    return subgraph;
  });
}

// run(feeds: Feeds, fetches: Fetches, settings?: RunSettings, id?: number, times?: Float64Array):
// Results | Promise<Results> - Run. times: see Binding::RunSync.
Napi::Value Session::Run(const Napi::CallbackInfo& info) {
  state_->CheckOpen();
  const std::vector<FeedView> feeds = ToFeeds(info[0].As<Napi::Array>());
  const std::shared_ptr<run::InlinePolicy> policy = state_->policies.Get(HashShapes(feeds));

  // A run that can be canceled needs the event loop, which its signal aborts on.
  const uint32_t id = info[3].IsNumber() ? ToUint32(info[3]) : 0;
  // A result that is not a tensor may share the feeds' memory, which must then be a copy of the addon's.
  const run::Place place = id == 0 ? state_->Choose(*policy) : run::Place::kRunThread;
  const bool is_inline = place == run::Place::kInline && state_->only_tensors && state_->device == nullptr;
  RunCall call(*state_, feeds, info[1], is_inline ? FeedMemory::kBorrowed : FeedMemory::kCopied);
  state_->CheckOpen();  // reading the arguments may have run JavaScript
  call.CheckFree(*state_->addon().in_flight);
  if (info[2].IsObject()) {
    const auto settings = info[2].As<Napi::Object>();
    call.SetOptions(ToRunOptions(settings), ShrinksArena(settings));
  }
  if (is_inline) {
    policy->RecordInline([&call] {
      call.Execute(device::kNotCanceled);
      return true;
    });
    return call.Results(info.Env());
  }
  call.CopyIn(*state_->addon().in_flight);
  return state_->Start(
      std::make_unique<RunJob>(info.Env(), Value(), state_, std::move(call), policy, place, id, info[4]),
      *policy, place);
}

// cancel(id: number): void - RunOptionsSetTerminate
Napi::Value Session::Cancel(const Napi::CallbackInfo& info) {
  const auto found = state_->runs.find(ToUint32(info[0]));
  if (found != state_->runs.end()) found->second->Cancel(info.Env());
  return {};
}

// endProfiling(): string - SessionEndProfiling
Napi::Value Session::EndProfiling(const Napi::CallbackInfo& info) {
  state_->CheckOpen();
  if (state_->device != nullptr && !state_->runner->Idle()) {
    throw ort::Error("ERR_BUSY", "cannot end profiling while a run of the session is in flight");
  }
  return Napi::String::New(info.Env(), ort::CreateText(ort::api().SessionEndProfiling, state_->handle.get(),
                                                       ort::DefaultAllocator()));
}

// profilingStartTime(): bigint - SessionGetProfilingStartTimeNs
Napi::Value Session::ProfilingStartTime(const Napi::CallbackInfo& info) {
  state_->CheckOpen();
  uint64_t nanoseconds = 0;
  ort::Check(ort::api().SessionGetProfilingStartTimeNs(state_->handle.get(), &nanoseconds));
  return Napi::BigInt::New(info.Env(), nanoseconds);
}

// release(): Promise<void> - ReleaseSession
// The promise settles after every queued run. Called once: the facade keeps the promise. While the
// environment ends there is nothing to wait for: the session goes with it.
Napi::Value Session::Release(const Napi::CallbackInfo& info) {
  if (state_->ending()) {
    state_->closed = true;
    const Napi::Promise::Deferred released(info.Env());
    released.Resolve(info.Env().Undefined());
    return released.Promise();
  }
  const Napi::Promise released =
      AsyncJob::Start(std::make_unique<ReleaseJob>(info.Env(), Value(), state_), *state_->runner);
  // Only now: a release that cannot be queued can be asked for again.
  state_->closed = true;
  return released;
}
