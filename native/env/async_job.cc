#include "async_job.h"

#include "js_error.h"
#include "run/thread_check.h"

Napi::Promise AsyncJob::Start(std::unique_ptr<AsyncJob> job, run::Runner& runner) {
  const Napi::Promise promise = job->promise_.Promise();
  job->runner_ = &runner;
  AsyncJob* const running = job.get();
  running->addon_.Track(running);
  try {
    runner.Submit(running);
  } catch (...) {
    running->addon_.Untrack(running);
    throw;
  }
  static_cast<void>(job.release());
  return promise;
}

void AsyncJob::Cancel(Napi::Env env) {
  if (!HasBegun() && runner_->Withdraw(this)) {
    ort::CatchInto(error,
                   [] { throw ort::Error("ERR_RUN_CANCELED", "the run was canceled before it began"); });
    Settle(env);
  } else {
    Terminate();
  }
}

void AsyncJob::Settle(Napi::Env env) {
  JS_THREAD();
  const std::unique_ptr<AsyncJob> self(this);
  addon_.Untrack(this);
  runner_->Settle();
  OnDone();
  try {
    Guard(env, [&] {
      if (error) throw *error;
      promise_.Resolve(Result(env));
    });
  } catch (const Napi::Error& thrown) {
    promise_.Reject(thrown.Value());
  }
}
