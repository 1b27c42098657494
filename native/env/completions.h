// Jobs that have ended, on their way to the JS thread.
//
// To wake an event loop that sleeps takes longer than a short run. So the loop turns without sleeping while
// runs are in flight that are expected to end soon: each turn is a callback of setImmediate, and everything
// else is served between two. A turn also does the runs that wait for it. Node.js, Bun and Deno have that
// function; libuv's idle handles are not called in Deno. The loop counts as turning only once a turn has
// come, so that the wake-up stays where none does.
#pragma once

#include <napi.h>

#include <chrono>
#include <mutex>

#include "run/job.h"

class AsyncJob;

class Completions {
 public:
  using Duration = std::chrono::nanoseconds;

  // JS thread. `arm` has a later turn of the event loop call Turn.
  void SetArm(Napi::Function arm) { arm_ = Napi::Persistent(arm); }

  // JS thread: a turn will come; false where none can.
  bool Arm() noexcept;
  // JS thread: the same, and turns have come before.
  bool CanTurn() noexcept { return turns_ && Arm(); }
  // JS thread: a run was queued that is expected to take so long. The loop turns for twice that, but no
  // longer than `most` after the last run was queued. Zero: unknown, the loop may sleep.
  void Expect(Duration expected, Duration most) noexcept;
  // JS thread, in a turn: does the runs that wait for it, and settles what has ended. Whether another turn is
  // wanted.
  bool Turn(Napi::Env env);

  // Run thread: whether the loop must be woken.
  bool Add(AsyncJob* job) noexcept;
  // JS thread: settles the first one; false if there is none.
  bool SettleNext(Napi::Env env);
  // JS thread, at the end of the environment, which deletes the jobs.
  void Clear() noexcept;

 private:
  using Clock = std::chrono::steady_clock;

  AsyncJob* Next() noexcept;

  Napi::FunctionReference arm_;
  Clock::time_point until_;  // the loop turns
  bool armed_ = false;       // a turn will come
  bool turns_ = false;       // a turn has come

  std::mutex mutex_;
  run::JobQueue ended_;
  bool polled_ = false;  // by turns: nobody needs to wake the loop
};

// turn(): boolean - whether to call it again
Napi::Value Turn(const Napi::CallbackInfo& info);
// setArm(arm: () => void): void
Napi::Value SetArm(const Napi::CallbackInfo& info);
