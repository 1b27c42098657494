// Runs and captures of a binding, as jobs of its session.
#pragma once

#include <chrono>
#include <memory>

#include "env/async_job.h"
#include "run/job.h"
#include "state.h"

// One that a promise waits for. The wrapper makes it the state's `job`.
class BindingJob : public AsyncJob {
 public:
  BindingJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state);
  void Terminate() noexcept override { state_->host->Terminate(); }

 protected:
  void OnDone() noexcept override { state_->job = nullptr; }

  const std::shared_ptr<BindingState> state_;
  InUse in_use_;
};

class BindingRun final : public BindingJob {
 public:
  using BindingJob::BindingJob;
  void Work() override;
  bool CanOverlap() const noexcept override { return state_->host->CanOverlap(); }
  bool Poll(bool wait) override { return state_->host->Poll(wait); }

 protected:
  Napi::Value Result(Napi::Env env) override;

 private:
  std::chrono::nanoseconds took_{};
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
  explicit WaitedRun(BindingHost& host) : host_(host) {}
  void Work() override { host_.Start(overlaps); }
  bool CanOverlap() const noexcept override { return host_.CanOverlap(); }
  bool Poll(bool wait) override { return host_.Poll(wait); }
  void Terminate() noexcept override { host_.Terminate(); }

 private:
  BindingHost& host_;
};
