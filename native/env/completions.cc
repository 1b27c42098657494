#include "completions.h"

#include <algorithm>

#include "addon_data.h"
#include "async_job.h"
#include "run/thread_check.h"

bool Completions::Arm() noexcept {
  JS_THREAD();
  if (armed_) return true;
  if (arm_.IsEmpty()) return false;
  try {
    arm_.Call({});
    armed_ = true;
  } catch (const Napi::Error&) {
    // The environment ends, or the stack is full.
  }
  return armed_;
}

void Completions::Expect(Duration expected, Duration most) noexcept {
  if (arm_.IsEmpty() || expected == Duration::zero() || expected > most) return;
  const Clock::time_point now = Clock::now();
  until_ = std::min(std::max(until_, now) + 2 * expected, now + most);
  if (!Arm()) return;
  if (!turns_) return;
  const std::lock_guard lock(mutex_);
  polled_ = true;
}

bool Completions::Turn(Napi::Env env) {
  JS_THREAD();
  turns_ = true;
  AddonData& addon = AddonData::Of(env);
  addon.burst.End();
  addon.RunHeld();
  for (;;) {
    while (SettleNext(env)) {
    }
    const bool in_flight = addon.HasJobs();
    const std::lock_guard lock(mutex_);
    if (!ended_.empty()) continue;
    polled_ = in_flight && Clock::now() < until_;
    armed_ = polled_ || addon.HasHeld();
    return armed_;
  }
}

bool Completions::Add(AsyncJob* job) noexcept {
  const std::lock_guard lock(mutex_);
  ended_.push_back(job);
  return !polled_;
}

AsyncJob* Completions::Next() noexcept {
  const std::lock_guard lock(mutex_);
  return ended_.empty() ? nullptr : static_cast<AsyncJob*>(ended_.pop_front());
}

bool Completions::SettleNext(Napi::Env env) {
  AsyncJob* const job = Next();
  if (job == nullptr) return false;
  job->SettleInTurn(env);
  return true;
}

void Completions::Clear() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = {};
}

Napi::Value Turn(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), AddonData::Of(info.Env()).completions.Turn(info.Env()));
}

Napi::Value SetArm(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).completions.SetArm(info[0].As<Napi::Function>());
  return {};
}
