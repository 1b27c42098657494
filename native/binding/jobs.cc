#include "jobs.h"

#include "env/js_error.h"

namespace {

InUse MarkUsed(const BindingState& state) {
  InUse in_use(InUse::By::kRun);
  for (const auto& input : state.inputs) {
    if (input) in_use.Read(input);
  }
  for (const auto& output : state.outputs) {
    if (output.value) in_use.Write(output.value);
  }
  return in_use;
}

bool CanOverlap(const BindingState& state) noexcept {
  return state.device != nullptr && state.session->queue->overlaps();
}

}  // namespace

BindingRun::BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state)
    : AsyncJob(env, owner), state_(std::move(state)), in_use_(MarkUsed(*state_)) {}

void BindingRun::Terminate() noexcept {
  state_->terminated = true;
  state_->canceled = true;
  state_->options.Terminate();
}

bool BindingRun::Overlaps() const noexcept { return CanOverlap(*state_); }

void BindingRun::Work() {
  if (state_->device != nullptr) {
    state_->Start(among_others);
    return;
  }
  const auto start = run::InlinePolicy::Clock::now();
  state_->Run();
  took_ = run::InlinePolicy::Clock::now() - start;
}

bool BindingRun::WorkEnded(bool wait) { return state_->device == nullptr || state_->Ended(wait); }

void BindingRun::Done() noexcept {
  state_->running = false;
  state_->job = nullptr;
}

Napi::Value BindingRun::Result(Napi::Env env) {
  state_->policy.Record(took_, false);
  return env.Undefined();
}

void QueuedRun::Execute() noexcept {
  CatchInto(error_, [this] {
    if (state_.device != nullptr) {
      state_.Start(among_others);
    } else {
      state_.Run();
    }
  });
}

bool QueuedRun::Overlaps() const noexcept { return CanOverlap(state_); }

bool QueuedRun::Ended(bool wait) noexcept {
  bool ended = true;
  if (!error_ && state_.device != nullptr) CatchInto(error_, [&] { ended = state_.Ended(wait); });
  return ended;
}

CaptureJob::CaptureJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state, bool verify)
    : AsyncJob(env, owner), state_(std::move(state)), in_use_(MarkUsed(*state_)), verify_(verify) {}

void CaptureJob::Work() {
  state_->Capture(verify_);
  captured_ = true;
}

void CaptureJob::Terminate() noexcept {
  state_->terminated = true;
  state_->canceled = true;
  state_->options.Terminate();
}

void CaptureJob::Done() noexcept {
  state_->running = false;
  state_->options.FinishCapture(captured_);
  if (!captured_) state_->graph_id = 0;
}
