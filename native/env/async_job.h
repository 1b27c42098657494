// A job of a session's run thread that settles a promise.
#pragma once

#include <napi.h>

#include <optional>

#include "addon_data.h"
#include "ort/error.h"
#include "run/run_thread.h"

class AsyncJob : public run::Job {
 public:
  // JS thread. `owner` is the JavaScript object that must live until the job has ended.
  AsyncJob(Napi::Env env, Napi::Object owner)
      : addon_(AddonData::Of(env)), promise_(env), owner_(Napi::Persistent(owner)) {}

  // JS thread: queues the job, which from now on deletes itself. Should the thread not start, nothing has
  // happened.
  static Napi::Promise Start(std::unique_ptr<AsyncJob> job, run::RunThread& thread);

  // JS thread: ends queued work at once, and asks running work to end.
  void Cancel(Napi::Env env);

  void Execute() noexcept final;
  bool Ended(bool wait) noexcept final;
  void Finished() noexcept final { addon_.Post(this); }

  // JS thread: settles the promise and deletes the job.
  void Settle(Napi::Env env);

  // Any thread: asks the work to end early.
  virtual void Terminate() noexcept {}

 protected:
  // Run thread. May throw.
  virtual void Work() = 0;
  // Run thread, after work that has started what it was to start: whether that has ended. May throw.
  virtual bool WorkEnded(bool /*wait*/) { return true; }
  // JS thread, before the promise is settled, whether the work succeeded or not.
  virtual void Done() noexcept {}
  // JS thread, after work that succeeded.
  virtual Napi::Value Result(Napi::Env env) { return env.Undefined(); }

 private:
  AddonData& addon_;
  run::RunThread* thread_ = nullptr;  // once it is queued; of a session that the job keeps alive
  Napi::Promise::Deferred promise_;
  Napi::ObjectReference owner_;
  std::optional<ort::Error> error_;
};
