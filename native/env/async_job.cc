#include "async_job.h"

#include <utility>

#include "js_error.h"
#include "run/thread_check.h"

Napi::Promise AsyncJob::Start(std::unique_ptr<AsyncJob> job, run::Runner& runner) {
  return Queue(std::move(job), runner, [&](AsyncJob* queued) { runner.Submit(queued); });
}

Napi::Promise AsyncJob::Hold(std::unique_ptr<AsyncJob> job, run::Runner& runner, run::InlinePolicy& policy) {
  job->policy_ = &policy;
  job->held_at_ = std::chrono::steady_clock::now();
  return Queue(std::move(job), runner, [&](AsyncJob* queued) {
    queued->addon_.Hold(queued);
    runner.Hold(queued);
  });
}

template <typename Push>
Napi::Promise AsyncJob::Queue(std::unique_ptr<AsyncJob> job, run::Runner& runner, Push push) {
  const Napi::Promise promise = job->promise_.Promise();
  job->runner_ = &runner;
  job->addon_.Track(job.get());
  try {
    push(job.get());
  } catch (...) {
    job->addon_.Untrack(job.get());
    throw;
  }
  static_cast<void>(job.release());
  return promise;
}

bool AsyncJob::RunHere(Napi::Env env) {
  if (!runner_->Holds()) return false;
  policy_->RecordWait(std::chrono::steady_clock::now() - held_at_);
  policy_->RecordInline([this] {
    was_here_ = runner_->RunHeld(this);
    return was_here_ && !error;
  });
  if (!was_here_) return false;
  SettleInTurn(env);
  return true;
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

void AsyncJob::SettleInTurn(Napi::Env env) {
  try {
    const Napi::HandleScope scope(env);
    Settle(env);
  } catch (const Napi::Error&) {
    // A worker that is being terminated runs no JavaScript, so nobody can receive the error.
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
