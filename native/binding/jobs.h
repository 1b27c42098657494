// The runs of a binding as jobs of its session's thread.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "env/async_job.h"
#include "state.h"

// A run that a promise waits for.
class BindingRun final : public AsyncJob {
 public:
  BindingRun(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state);
  void Terminate() noexcept override;
  bool Overlaps() const noexcept override;

 protected:
  void Work() override;
  bool WorkEnded(bool wait) override;
  void Done() noexcept override;
  Napi::Value Result(Napi::Env env) override;

 private:
  std::shared_ptr<BindingState> state_;
  InUse in_use_;
  std::chrono::nanoseconds took_{};
};

// runSync while other runs of the session are queued, or on a device: after them, while the JS thread waits.
class QueuedRun final : public run::Job {
 public:
  explicit QueuedRun(BindingState& state) : state_(state) {}
  void Execute() noexcept override;
  bool Overlaps() const noexcept override;
  bool Ended(bool wait) noexcept override;
  void Finished() noexcept override {}
  void Rethrow() const {
    if (error_) throw *error_;
  }

 private:
  BindingState& state_;
  std::optional<ort::Error> error_;
};

// Captures the binding's graph.
class CaptureJob final : public AsyncJob {
 public:
  CaptureJob(Napi::Env env, Napi::Object owner, std::shared_ptr<BindingState> state, bool verify);
  void Terminate() noexcept override;

 protected:
  void Work() override;
  void Done() noexcept override;

 private:
  std::shared_ptr<BindingState> state_;
  InUse in_use_;
  const bool verify_;
  bool captured_ = false;
};
