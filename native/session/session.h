// An InferenceSession: loaded, run and released on other threads than JavaScript's.
#pragma once

#include <napi.h>

#include <memory>

#include "env/wrapped.h"
#include "state.h"

class ModelJob;

class Session : public Wrapped<Session> {
 public:
  static constexpr const char* kName = "NativeSession";
  static constexpr napi_type_tag kTag = {0xd2f649f4f74744af, 0x9b9bc5cf223d2c7d};

  static Napi::Function Define(Napi::Env env);
  explicit Session(const Napi::CallbackInfo& info);
  // Of an argument: throws ERR_INVALID_ARG_TYPE for an object of another class.
  static const std::shared_ptr<SessionState>& State(Napi::Value value) { return Argument(value).state_; }

 private:
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Compile(const Napi::CallbackInfo& info);
  Napi::Value CancelLoad(const Napi::CallbackInfo& info);
  Napi::Value Inputs(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value Device(const Napi::CallbackInfo& info);
  Napi::Value ModelMetadata(const Napi::CallbackInfo& info);
  Napi::Value GraphAssignment(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value EndProfiling(const Napi::CallbackInfo& info);
  Napi::Value ProfilingStartTime(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);

  Napi::Promise StartLoad(std::unique_ptr<ModelJob> job);

  std::shared_ptr<SessionState> state_;
  ModelJob* load_ = nullptr;  // in flight
};
