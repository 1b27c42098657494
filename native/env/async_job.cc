#include "async_job.h"

#include "js_error.h"

Napi::Promise AsyncJob::Start(std::unique_ptr<AsyncJob> job, run::RunThread& thread) {
  const Napi::Promise promise = job->promise_.Promise();
  job->thread_ = &thread;
  thread.Submit(job.get());
  AsyncJob* running = job.release();
  running->addon_.Track(running);
  return promise;
}

void AsyncJob::Cancel(Napi::Env env) {
  if (thread_->Withdraw(this)) {
    error_.emplace("ERR_RUN_CANCELED", "the run was canceled before it began");
    Settle(env);
  } else {
    Terminate();
  }
}

void AsyncJob::Execute() noexcept {
  CatchInto(error_, [this] { Work(); });
}

bool AsyncJob::Ended(bool wait) noexcept {
  bool ended = true;
  if (!error_) CatchInto(error_, [&] { ended = WorkEnded(wait); });
  return ended;
}

void AsyncJob::Settle(Napi::Env env) {
  const std::unique_ptr<AsyncJob> self(this);
  addon_.Untrack(this);
  thread_->Settled();
  Done();
  try {
    Guard(env, [&] {
      if (error_) throw *error_;
      promise_.Resolve(Result(env));
    });
  } catch (const Napi::Error& error) {
    promise_.Reject(error.Value());
  }
}
