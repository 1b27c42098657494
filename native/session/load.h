// Loading a model, on the session's run thread.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "convert.h"
#include "env/async_job.h"
#include "state.h"

class LoadJob final : public AsyncJob {
 public:
  LoadJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
          Napi::Object settings);
  // Ends the wait for the device. A load that has begun goes on.
  void Terminate() noexcept override { canceled_ = true; }

 protected:
  void Work() override;
  void OnDone() noexcept override;

 private:
  ort::SessionHandle Create(const OrtSessionOptions* options) const;
  void CheckGraphs(const device::Device* device) const;

  std::atomic<bool> canceled_{false};
  std::shared_ptr<SessionState> state_;
  ort::SessionSettings settings_;
  std::string path_;
  Bytes bytes_{};  // the facade's own copy, which nobody changes,
  // alive, like the bytes of external data, while the model is loaded.
  Napi::Reference<Napi::Value> keep_model_;
  Napi::ObjectReference keep_settings_;
};
