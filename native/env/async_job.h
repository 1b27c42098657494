// A job of a session that settles a promise.
#pragma once

#include <napi.h>

#include "addon_data.h"
#include "ort/error.h"
#include "run/runner.h"

class AsyncJob : public run::Job {
 public:
  // `owner` is the JavaScript object that must live until the job has ended.
  AsyncJob(Napi::Env env, Napi::Object owner)
      : addon_(AddonData::Of(env)), promise_(env), owner_(Napi::Persistent(owner)) {}

  // Queues the job, which then deletes itself. If no thread can start, this throws, and the job was never
  // queued.
  static Napi::Promise Start(std::unique_ptr<AsyncJob> job, run::Runner& runner);

  // Ends a queued job at once, and asks a running one to end.
  void Cancel(Napi::Env env);

  void Post() noexcept final { addon_.Post(this); }

  // JS thread, once the work has ended: settles the promise and deletes the job.
  void Settle(Napi::Env env);

 protected:
  // JS thread: whether the work has begun before the job was queued, so that it cannot be withdrawn.
  virtual bool HasBegun() const noexcept { return false; }
  // JS thread, before the promise is settled, whether the work failed or not.
  virtual void OnDone() noexcept {}
  // JS thread, unless the work failed: the promise's value.
  virtual Napi::Value Result(Napi::Env env) { return env.Undefined(); }

 private:
  AddonData& addon_;
  run::Runner* runner_ = nullptr;  // set by Start; of a session that the job keeps alive
  Napi::Promise::Deferred promise_;
  Napi::ObjectReference owner_;
};
