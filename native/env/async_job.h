// A job of a session that settles a promise.
#pragma once

#include <napi.h>

#include <chrono>

#include "addon_data.h"
#include "ort/error.h"
#include "run/inline_policy.h"
#include "run/runner.h"

class AsyncJob : public run::Job {
 public:
  // `owner` is the JavaScript object that must live until the job has ended.
  AsyncJob(Napi::Env env, Napi::Object owner)
      : addon_(AddonData::Of(env)), promise_(env), owner_(Napi::Persistent(owner)) {}

  // Queues the job, which then deletes itself. If no thread can start, this throws, and the job was never
  // queued.
  static Napi::Promise Start(std::unique_ptr<AsyncJob> job, run::Runner& runner);

  // The same for a run that is to be in the event loop's next turn, on the JS thread. Where the runner can
  // hold it, and a turn will come.
  static Napi::Promise Hold(std::unique_ptr<AsyncJob> job, run::Runner& runner, run::InlinePolicy& policy);

  bool WasHeld() const noexcept { return policy_ != nullptr; }
  // JS thread, in that turn: whether the run may begin. Then RunHere runs and settles it. False where a run
  // thread does that, or the process ends.
  bool MayRunHere() const noexcept { return policy_->BurstAllows(); }
  bool RunHere(Napi::Env env);

  // Ends a queued job at once, and asks a running one to end.
  void Cancel(Napi::Env env);

  void Post() noexcept final { addon_.Post(this); }

  // JS thread, once the work has ended, not in a call of JavaScript's: settles the promise and deletes the
  // job.
  void SettleInTurn(Napi::Env env);

 protected:
  // JS thread: whether the policy knows what the run took.
  bool WasHere() const noexcept { return was_here_; }
  // JS thread: whether the work has begun before the job was queued, so that it cannot be withdrawn.
  virtual bool HasBegun() const noexcept { return false; }
  // JS thread, before the promise is settled, whether the work failed or not.
  virtual void OnDone() noexcept {}
  // JS thread, unless the work failed: the promise's value.
  virtual Napi::Value Result(Napi::Env env) { return env.Undefined(); }

 private:
  template <typename Push>
  static Napi::Promise Queue(std::unique_ptr<AsyncJob> job, run::Runner& runner, Push push);
  // The same in a call.
  void Settle(Napi::Env env);

  AddonData& addon_;
  // Set when the job is queued; of a session that the job keeps alive.
  run::Runner* runner_ = nullptr;
  run::InlinePolicy* policy_ = nullptr;  // of a run that was held, then
  std::chrono::steady_clock::time_point held_at_;
  bool was_here_ = false;
  Napi::Promise::Deferred promise_;
  Napi::ObjectReference owner_;
};
