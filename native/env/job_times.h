// How long a job waited for its thread, and how long it ran, for a caller who asks.
#pragma once

#include <napi.h>

#include <chrono>

class JobTimes {
 public:
  // `target`: a Float64Array that receives the two in milliseconds; undefined: nobody asks.
  explicit JobTimes(Napi::Value target) {
    if (target.IsUndefined()) return;
    target_ = Napi::Persistent(target.As<Napi::Float64Array>());
    submitted_ = began_ = ended_ = Clock::now();
  }

  // The thread that runs the job.
  void Begin() noexcept {
    if (!target_.IsEmpty()) began_ = Clock::now();
  }
  void End() noexcept {
    if (!target_.IsEmpty()) ended_ = Clock::now();
  }

  // JS thread, once the job has ended.
  void Write() {
    if (target_.IsEmpty()) return;
    Napi::Float64Array target = target_.Value();
    target[0] = Milliseconds(began_ - submitted_);
    target[1] = Milliseconds(ended_ - began_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double Milliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  }

  Napi::Reference<Napi::Float64Array> target_;
  Clock::time_point submitted_, began_, ended_;
};
