// Graphs of a binding, as JavaScript captures and releases them.
#include "binding.h"
#include "convert.h"
#include "jobs.h"
#include "session/session.h"

// capture(verify, throwStale, whole): promise
Napi::Value Binding::Capture(const Napi::CallbackInfo& info) {
  BindingState& state = State();
  state.CheckNotCaptured("the binding has a captured graph: release it before another capture");
  // First: a capture that is refused leaves the results of the last run readable.
  const CaptureMode mode{IsTrue(info[0]), IsTrue(info[1]), IsTrue(info[2])};
  state.host->CheckCapturable(mode);
  state.PrepareRun(info.Env());
  state.Prepare(std::nullopt, false);
  state.host->PrepareCapture(mode);
  auto capture = std::make_unique<CaptureJob>(info.Env(), Value(), state_);
  BindingJob* const job = capture.get();
  const Napi::Promise promise = AsyncJob::Start(std::move(capture), *state.session->runner);
  SetJob(job);
  state.graph = Graph::kCapturing;
  return promise;
}

// recaptures(): how often the graph was made anew
Napi::Value Binding::Recaptures(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), state_ != nullptr ? state_->host->recaptures() : 0);
}

// captured(): whether runs replay a graph
Napi::Value Binding::Captured(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), state_ != nullptr && state_->graph == Graph::kCaptured);
}

void Binding::ReleaseCapture(const Napi::CallbackInfo&) {
  if (!state_ || state_->graph == Graph::kNone) return;
  state_->CheckIdle();
  state_->host->ReleaseCapture();
  state_->graph = Graph::kNone;
}
