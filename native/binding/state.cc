#include "state.h"

#include "run/spin.h"
#include "run/thread_check.h"

BindingState::BindingState(std::shared_ptr<SessionState> owner)
    : session(std::move(owner)), values(*session), host(BindingHost::Make(*session, values)) {
  const std::lock_guard lock(session->release_mutex);
  session->bindings.insert(this);
}

BindingState::~BindingState() {
  JS_THREAD();
  const std::lock_guard lock(session->release_mutex);
  session->bindings.erase(this);
  Release();
}

void BindingState::CheckIdle() const {
  JS_THREAD();
  session->CheckOpen();
  CheckNotRunning();
}

void BindingState::CheckNotRunning() const {
  if (job != nullptr) {
    throw ort::Error("ERR_BUSY", "the binding is running: one run at a time, await it before the next call");
  }
}

void BindingState::CheckNotCaptured(const char* message) const {
  CheckIdle();
  if (graph == Graph::kCaptured) throw ort::Error("ERR_GRAPH_CAPTURED", message);
}

run::InlinePolicy& BindingState::Policy() {
  if (policy == nullptr) [[unlikely]] {
    run::ShapesHash hash;
    for (const auto& input : values.inputs()) {
      if (input == nullptr) continue;
      hash.Add(input->HasValue() ? input->type : -1, input->dims);
    }
    policy = session->policies.Get(hash.get());
  }
  return *policy;
}

void BindingState::MarkOvertaken() const {
  JS_THREAD();
  if (session->runner->Idle()) return;
  const auto own = std::make_shared<InFlight>();
  InUse in_use(own);
  values.Use(in_use);
  for (BindingState* other : session->bindings) {
    if (other->job != nullptr && other->values.Conflicts(*own)) other->overtaken = true;
  }
}

void BindingState::PrepareRun(Napi::Env env) {
  CheckIdle();
  if (host->terminated()) [[unlikely]] {
    {
      const std::lock_guard lock(session->release_mutex);
      host->Unterminate();
    }
    session->CheckOpen();  // again: SessionState::End may have terminated the run to come
  }
  if (values.Unchecked()) [[unlikely]] {
    values.Check();
    if (values.Changed()) host->Arrange();
    values.SetChecked();
  }
  values.CheckAttached(env);
  values.CheckFree(*session->addon().in_flight);
  values.DropReplaced();
}

void BindingState::Prepare(const std::optional<std::vector<size_t>>& changed, bool replay) {
  if (values.detachable()) {
    host->UseStandIns(true);
    values.CopyIn(*session->addon().in_flight);
  }
  host->Prepare(changed, replay);
}

void BindingState::RunDetachable(Napi::Env env) {
  // A result that is not a tensor may share the inputs' memory.
  const bool shares = !session->only_tensors;
  InFlight& in_flight = *session->addon().in_flight;
  host->UseStandIns(shares);
  if (shares) values.CopyIn(in_flight);
  host->Start(device::Beside::kNothing);
  if (shares) values.CopyOut(env, in_flight.NextId());
}

bool BindingState::ReplayInPlace(Napi::Env env) {
  {
    const run::InPlace in_place = session->runner->TakePlace();
    if (!in_place || !host->StartInPlace(true)) return false;
    while (!host->Poll(false)) run::Pause();
  }
  values.CopyOut(env, session->addon().in_flight->NextId());
  return true;
}

bool BindingState::ReplayInline(Napi::Env env) {
  return session->runner->Idle() && Policy().RecordInline([&] { return ReplayInPlace(env); });
}

uint64_t BindingState::EndEarlierRuns(Napi::Env env) {
  InFlight& in_flight = *session->addon().in_flight;
  const uint64_t id = in_flight.NextId();
  for (const MemoryUse& use : in_flight.TakeRuns(session.get())) {
    if (!use.writes() || use.value == nullptr) continue;
    try {
      static_cast<const ValueState*>(use.value)->CopyOut(env, id);
    } catch (const ort::Error&) {
      // A detached buffer, which the promise reports.
    }
  }
  return id;
}
