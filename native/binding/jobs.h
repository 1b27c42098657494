// Runs and captures of a binding, as jobs of its session.
#pragma once

#include <chrono>
#include <memory>

#include "env/async_job.h"
#include "env/job_times.h"
#include "run/job.h"
#include "state.h"

// One that a promise waits for. The wrapper makes it the state's `job`.
class BindingJob : public AsyncJob {
 public:
  BindingJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state);
  void Terminate() noexcept override { state_->host->Terminate(); }

 protected:
  void OnDone() noexcept override;

  const std::shared_ptr<BindingState> state_;
  InUse in_use_;
};

class BindingRun final : public BindingJob {
 public:
  // `times`: see JobTimes.
  BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state, run::Place place,
             Napi::Value times);
  // A replay whose end the run thread has not seen, since it dropped the job.
  ~BindingRun() override {
    if (in_place_ && !ended_) state_->host->Abandon();
  }
  // JS thread, before the job is queued: a replay begins at once where it can. The run thread then waits for
  // its end alone.
  void StartInPlace() noexcept;
  void Work() override;
  bool CanOverlap() const noexcept override { return state_->host->CanOverlap(); }
  bool Poll(bool wait) override;

 protected:
  bool HasBegun() const noexcept override { return in_place_; }
  Napi::Value Result(Napi::Env env) override;

 private:
  std::chrono::steady_clock::time_point began_;
  std::chrono::nanoseconds took_{};
  bool in_place_ = false;
  bool ended_ = false;
  run::LoopUse::HandOver hand_over_;
  JobTimes times_;
};

class CaptureJob final : public BindingJob {
 public:
  using BindingJob::BindingJob;
  void Work() override { state_->host->Capture(); }

 protected:
  void OnDone() noexcept override;
};

// A runSync that cannot run inline.
class WaitedRun final : public run::WaitedJob {
 public:
  WaitedRun(BindingHost& host, Napi::Value times) : host_(host), times_(times) {}
  void Work() override;
  bool CanOverlap() const noexcept override { return host_.CanOverlap(); }
  bool Poll(bool wait) override;
  void Terminate() noexcept override { host_.Terminate(); }
  void WriteTimes() { times_.Write(); }

 private:
  BindingHost& host_;
  JobTimes times_;
};
