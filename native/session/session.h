// An InferenceSession: loaded, run and released on its own thread.
#pragma once

#include <napi.h>

#include <memory>

#include "state.h"

class Session : public Napi::ObjectWrap<Session> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Session(const Napi::CallbackInfo& info);
  static const std::shared_ptr<SessionState>& StateOf(Napi::Value value);

 private:
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Inputs(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value ModelMetadata(const Napi::CallbackInfo& info);
  Napi::Value GraphAssignment(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value EndProfiling(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);

  std::shared_ptr<SessionState> state_;
  run::InlinePolicy policy_;
  uint64_t shapes_ = 0;  // of the last run, hashed: the policy's times are of these
};
