#include "jobs.h"

BindingJob::BindingJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state)
    : AsyncJob(env, owner),
      state_(std::move(state)),
      in_use_(AddonData::Of(env).in_flight, state_->session.get()) {
  // A run that shares memory with one in flight reads and writes it in the order of the calls.
  after_all = state_->session->parallel && state_->values.Conflicts(*AddonData::Of(env).in_flight);
  state_->values.Use(in_use_);
}

void BindingJob::OnDone() noexcept {
  state_->job = nullptr;
  state_->values.CopyOwed(in_use_.id());
}

BindingRun::BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state,
                       run::Place place, Napi::Value times)
    : BindingJob(env, owner, std::move(state)),
      hand_over_(state_->session->Begin(state_->Policy(), place)),
      times_(times) {}

void BindingRun::StartInPlace() noexcept {
  began_ = std::chrono::steady_clock::now();
  times_.Begin();
  ort::CatchInto(error, [this] { in_place_ = state_->StartInPlace(); });
}

void BindingRun::Work() {
  if (in_place_) return;
  began_ = std::chrono::steady_clock::now();
  times_.Begin();
  state_->host->Start(overlaps ? device::Beside::kOthers : device::Beside::kLater);
}

bool BindingRun::Poll(bool wait) {
  ended_ = true;  // also where this throws
  ended_ = state_->host->Poll(wait);
  if (!ended_) return false;
  took_ = std::chrono::steady_clock::now() - began_;
  times_.End();
  return true;
}

Napi::Value BindingRun::Result(Napi::Env env) {
  if (!WasHere()) state_->Policy().Record(took_, hand_over_);
  state_->values.CopyOut(env, in_use_.id());
  times_.Write();
  return env.Undefined();
}

void WaitedRun::Work() {
  times_.Begin();
  host_.Start(overlaps ? device::Beside::kOthers : device::Beside::kNothing);
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
