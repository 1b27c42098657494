// A job on a model, with the options of a session and the provider that they name.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "context_reader.h"
#include "convert.h"
#include "device/provider.h"
#include "env/async_job.h"
#include "env/log_function.h"
#include "state.h"

// SessionSettings of lib/engine/engine.ts.
struct LoadSettings {
  explicit LoadSettings(Napi::Object settings);
  ort::SessionOptionsHandle options;
  std::optional<device::Provider> provider;
  bool selects_provider;  // by a policy
  bool enable_graph_capture;
  bool record_graph_assignment;
  bool denormals_as_zero;
  bool blocking_wait;
  bool borrows_model;            // the initializers of a model in the ORT format stay in its bytes
  Napi::ObjectReference object;  // keeps the bytes of external data alive
  std::vector<std::shared_ptr<ValueState>> initializers;  // which the session reads
  // What the OrtSession uses, and is destroyed after it.
  struct Kept {
    std::shared_ptr<OrtPrepackedWeightsContainer> weights;
    std::optional<SessionLog> log;
    std::optional<ContextReader> context;
    std::shared_ptr<const void> plugin;  // stays registered
  };
  std::shared_ptr<Kept> kept = std::make_shared<Kept>();
};

class ModelJob : public AsyncJob {
 public:
  // `model`: a path, or bytes that nobody changes until the job has ended. `in_flight`: of the owner, null
  // again when the job is done.
  ModelJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
           LoadSettings settings, ModelJob*& in_flight);
  // Ends the wait for the device, and asks ONNX Runtime to end the work, which looks between its steps.
  void Terminate() noexcept override;

 protected:
  // Run thread: the provider's device, or null, and the session's share of it.
  struct Opened {
    device::Device* device = nullptr;
    std::shared_ptr<device::Queue> queue;
  };
  Opened Open() const;
  device::DeviceLock Lock(const Opened& opened) const;
  // Under that lock: appends the provider to the options.
  void Append(const Opened& opened);

  void OnDone() noexcept override;

  std::shared_ptr<SessionState> state_;
  LoadSettings settings_;
  std::string path_;
  Bytes bytes_{};                                             // of the model, unless it is a path;
  std::shared_ptr<Napi::Reference<Napi::Value>> keep_model_;  // keeps them alive

 private:
  ModelJob*& in_flight_;
  std::atomic<bool> canceled_{false};
};
