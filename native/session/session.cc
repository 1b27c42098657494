#include "session.h"

#include "binding/binding.h"
#include "convert.h"
#include "env/async_job.h"
#include "load.h"
#include "ort/environment.h"
#include "run.h"

namespace {

std::chrono::nanoseconds FromMicroseconds(Napi::Value value) {
  return std::chrono::nanoseconds(static_cast<int64_t>(value.As<Napi::Number>().DoubleValue() * 1e3));
}

// The last job of a session: by then every run has ended, and `closed` keeps the JS thread away.
class ReleaseJob final : public AsyncJob {
 public:
  ReleaseJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state)
      : AsyncJob(env, owner), state_(std::move(state)) {}

 protected:
  void Work() override {
    {
      const std::lock_guard lock(state_->release_mutex);
      for (BindingState* binding : state_->bindings) binding->Release();
    }
    state_->handle.reset();
    state_->queue.reset();
  }
  void OnDone() noexcept override { state_->thread.Stop(); }

 private:
  std::shared_ptr<SessionState> state_;
};

// Text, and arrays below, are the session's own: nothing of an assignment is released.
template <typename Owner>
Napi::String TextOf(Napi::Env env, OrtStatus*(ORT_API_CALL* function)(const Owner*, const char**),
                    const Owner* owner) {
  const char* text = nullptr;
  ort::Check(function(owner, &text));
  return Napi::String::New(env, text != nullptr ? text : "");
}

Napi::Array NodesOf(Napi::Env env, const OrtEpAssignedSubgraph* subgraph) {
  const OrtEpAssignedNode* const* nodes = nullptr;
  size_t count = 0;
  ort::Check(ort::api().EpAssignedSubgraph_GetNodes(subgraph, &nodes, &count));
  const auto array = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto node = Napi::Object::New(env);
    node.Set("name", TextOf(env, ort::api().EpAssignedNode_GetName, nodes[i]));
    node.Set("domain", TextOf(env, ort::api().EpAssignedNode_GetDomain, nodes[i]));
    node.Set("opType", TextOf(env, ort::api().EpAssignedNode_GetOperatorType, nodes[i]));
    array.Set(i, node);
  }
  return array;
}

}  // namespace

Napi::Function Session::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeSession",
      {InstanceMethod<&Session::Load>("load"), InstanceMethod<&Session::Inputs>("inputs"),
       InstanceMethod<&Session::Outputs>("outputs"), InstanceMethod<&Session::ModelMetadata>("modelMetadata"),
       InstanceMethod<&Session::GraphAssignment>("graphAssignment"), InstanceMethod<&Session::Run>("run"),
       InstanceMethod<&Session::Cancel>("cancel"), InstanceMethod<&Session::EndProfiling>("endProfiling"),
       InstanceMethod<&Session::Release>("release")});
}

// new Session(inlineRunBelowUs, runThreadSpinUs)
Session::Session(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<Session>(info),
      state_(std::make_shared<SessionState>(AddonData::Of(info.Env()), FromMicroseconds(info[0]),
                                            FromMicroseconds(info[1]))),
      policy_(state_->inline_bound) {}

const std::shared_ptr<SessionState>& Session::StateOf(Napi::Value value) {
  return Unwrap(value.As<Napi::Object>())->state_;
}

// load(path or bytes, settings): promise
Napi::Value Session::Load(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    auto job = std::make_unique<LoadJob>(info.Env(), Value(), state_, info[0], info[1].As<Napi::Object>());
    return AsyncJob::Start(std::move(job), state_->thread);
  });
}

Napi::Value Session::Inputs(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value { return FromValueInfos(info.Env(), state_->inputs); });
}

Napi::Value Session::Outputs(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value { return FromValueInfos(info.Env(), state_->outputs); });
}

Napi::Value Session::ModelMetadata(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    state_->CheckOpen();
    return FromModelMetadata(info.Env(), state_->metadata);
  });
}

// graphAssignment(): [{ provider, nodes: [{ name, domain, opType }] }], or undefined where it was not
// recorded
Napi::Value Session::GraphAssignment(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    state_->CheckOpen();
    if (!state_->records_assignment) return info.Env().Undefined();
    const OrtEpAssignedSubgraph* const* subgraphs = nullptr;
    size_t count = 0;
    ort::Check(ort::api().Session_GetEpGraphAssignmentInfo(state_->handle.get(), &subgraphs, &count));
    const auto array = Napi::Array::New(info.Env(), count);
    for (uint32_t i = 0; i < count; ++i) {
      const auto subgraph = Napi::Object::New(info.Env());
      subgraph.Set("provider", TextOf(info.Env(), ort::api().EpAssignedSubgraph_GetEpName, subgraphs[i]));
      subgraph.Set("nodes", NodesOf(info.Env(), subgraphs[i]));
      array.Set(i, subgraph);
    }
    return array;
  });
}

// run(feeds, fetches?, options?, id?): the results when the run was done inline, else a promise of them.
Napi::Value Session::Run(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    state_->CheckOpen();
    const std::vector<FeedView> feeds = ToFeeds(info[0].As<Napi::Array>());
    const uint64_t shapes = HashShapes(feeds);
    if (shapes != shapes_) policy_.Forget();
    shapes_ = shapes;

    // What is no tensor may go on sharing the feeds' memory, which therefore must be ours.
    const bool is_inline =
        policy_.Allows() && state_->thread.Idle() && state_->only_tensors && state_->device == nullptr;
    RunCall call(*state_, feeds, info[1], is_inline ? Feed::kBorrow : Feed::kCopy);
    state_->CheckOpen();  // reading the arguments may have run JavaScript
    if (info[2].IsObject()) call.SetOptions(ToRunSettings(info[2].As<Napi::Object>()));
    if (is_inline) {
      static const std::atomic<bool> kNotCanceled{false};
      const auto start = run::InlinePolicy::Clock::now();
      call.Execute(kNotCanceled);
      policy_.Record(run::InlinePolicy::Clock::now() - start, true);
      return call.Results(info.Env());
    }
    const uint32_t id = info[3].IsNumber() ? info[3].As<Napi::Number>().Uint32Value() : 0;
    auto job = std::make_unique<RunJob>(info.Env(), Value(), state_, std::move(call), policy_, id);
    return AsyncJob::Start(std::move(job), state_->thread);
  });
}

// cancel(id): of a run that was given one
Napi::Value Session::Cancel(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const auto found = state_->runs.find(info[0].As<Napi::Number>().Uint32Value());
    if (found != state_->runs.end()) found->second->Cancel(info.Env());
    return info.Env().Undefined();
  });
}

// endProfiling(): the path of the file that was written
Napi::Value Session::EndProfiling(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    state_->CheckOpen();
    if (state_->device != nullptr && !state_->thread.Idle()) {
      throw ort::Error("ERR_BUSY", "profiling ends when no run of the session is in flight");
    }
    char* path = nullptr;
    ort::Check(ort::api().SessionEndProfiling(state_->handle.get(), ort::DefaultAllocator(), &path));
    const ort::Allocated<char> owner(path);
    return Napi::String::New(info.Env(), path != nullptr ? path : "");
  });
}

// release(): after every run that is queued. Called once; the facade keeps the promise.
Napi::Value Session::Release(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    state_->closed = true;
    return AsyncJob::Start(std::make_unique<ReleaseJob>(info.Env(), Value(), state_), state_->thread);
  });
}
