#include "jobs.h"

BindingJob::BindingJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state)
    : AsyncJob(env, owner),
      state_(std::move(state)),
      in_use_(AddonData::Of(env).in_flight, InUse::By::kRun, state_->session.get()) {
  // A run that shares memory with one in flight reads and writes it in the order of the calls.
  after_all = state_->session->parallel && state_->values.Conflicts(*AddonData::Of(env).in_flight);
  state_->values.Use(in_use_);
}

BindingRun::BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state,
                       Napi::Value times)
    : BindingJob(env, owner, std::move(state)), times_(times) {}

void BindingRun::Work() {
  times_.Begin();
  took_ = run::InlinePolicy::Time([this] { state_->host->Start(overlaps); });
}

bool BindingRun::Poll(bool wait) {
  const bool ended = state_->host->Poll(wait);
  if (ended) times_.End();
  return ended;
}

Napi::Value BindingRun::Result(Napi::Env env) {
  state_->Policy().Record(took_);
  state_->values.CopyOut(env, in_use_.id());
  times_.Write();
  return env.Undefined();
}

void WaitedRun::Work() {
  times_.Begin();
  host_.Start(overlaps);
}

bool WaitedRun::Poll(bool wait) {
  const bool ended = host_.Poll(wait);
  if (ended) times_.End();
  return ended;
}

void CaptureJob::OnDone() noexcept {
  BindingJob::OnDone();
  state_->graph = error ? Graph::kNone : Graph::kCaptured;
}
